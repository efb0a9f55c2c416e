/** A server that goes on taking connections and answers nothing: every program can be left. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually, soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { end, Scene, stop } from "../support/scene.ts";

testWithRedis(
  "a service with a running task and its waiter leave a server that hangs",
  async () => {
    const gate = new Gate();
    await using model = await startModelServer(async () => {
      await gate.pass();
      return { text: "late" };
    });
    await using server = await RedisServer.start();
    await using scene = await Scene.open({
      OPENAI_BASE_URL: model.base_url,
      QUEUE_URL: server.url,
    });
    const service = await scene.service(["--grace", "2"]);
    const added = await scene.tasks(["add", "--id", "t1", "--prompt", "wait"]);
    assertEquals(added.code, 0, added.stderr);
    await soon("the model is asked", gate.reached);
    const waiter = scene.start("tasks", ["wait", "t1"]);
    await eventually(
      "it reads the events of the queue",
      async () => / cmd=xread /.test(await server.cli("CLIENT", "LIST")),
    );
    server.freeze();
    const began = performance.now();
    const [served, waited] = await Promise.all([stop(service), end(waiter)]);
    assertEquals(served.code, 0, served.stderr);
    assertEquals(waited.code, 1, waited.stderr);
    assertStringIncludes(waited.stderr, `Redis at ${server.place} does not answer`);
    // Generous: both are 20 s of patience at most.
    assert(performance.now() - began < 55_000);
    gate.release();
  },
);
