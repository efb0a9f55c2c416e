/**
 * What befalls a server in the middle: nothing is lost or done twice, the service lives on and says
 * what it meets once, and goes on by itself where it can get better.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { soon } from "../support/eventually.ts";
import {
  Gate,
  type RecordedRequest,
  type Reply,
  startModelServer,
} from "../support/model_server.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { type Json, Scene, stop } from "../support/scene.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { promptOf } from "../support/two_models.ts";

/** No word of the offline model's is looked for. */
const MODEL = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };

/** Answers at once; "wait" only once the gate is released. */
function gated(gate: Gate) {
  return async (request: RecordedRequest): Promise<Reply> => {
    if (promptOf(request) === "wait") await gate.pass();
    return { text: `Answer to ${promptOf(request)}` };
  };
}

async function add(scene: Scene, id: string, prompt: string): Promise<void> {
  const { code, stderr } = await scene.tasks(["add", "--id", id, "--prompt", prompt]);
  assertEquals(code, 0, stderr);
}

async function assertDone(scene: Scene, server: RedisServer, id: string): Promise<void> {
  const waited = await scene.tasks(["wait", id, "--timeout", "60"]);
  assertEquals(waited.code, 0, waited.stderr);
  const { stdout } = await scene.tasks(["show", id, "--json"]);
  const task = JSON.parse(stdout) as Json & { journal: readonly Json[] };
  const answers = task.journal.filter(({ type }) => type === "model_answer");
  assertEquals([task["state"], task["attempt"], answers.length], ["completed", 1, 1], stdout);
  // Told of once, and not shown yet.
  assertEquals(await server.cli("HKEYS", "{bts}:told:cli"), `${id}-completed`);
  assertEquals(await server.cli("XLEN", "{bts}:unread:cli"), "1");
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

testWithRedis(
  "a connection that is lost in mid-run and comes back costs the task nothing",
  async () => {
    const gate = new Gate();
    await using model = await startModelServer(gated(gate));
    await using server = await RedisServer.start();
    await using proxy = TcpProxy.start({ hostname: "127.0.0.1", port: server.port });
    const direct = { OPENAI_BASE_URL: model.base_url, QUEUE_URL: server.url };
    await using scene = await Scene.open(direct);
    const QUEUE_URL = `redis://127.0.0.1:${proxy.port}`;
    const service = await scene.service([], { env: { QUEUE_URL } });
    await add(scene, "t1", "wait");
    await soon("the model is asked", gate.reached);
    const waiting = scene.start("tasks", ["wait", "t1"], { env: { QUEUE_URL } });
    await proxy.refuse();
    await soon("its word", service.seen(/the connection to Redis at \S+ is lost/, "stderr"));
    // The answer comes while there is nobody to tell.
    gate.release();
    await proxy.restore();
    await soon("its word", service.seen(/Redis at \S+ is there again/, "stderr"));
    await assertDone(scene, server, "t1");
    const waited = await waiting.ended;
    assertEquals([waited.code, waited.stdout.includes("Answer to wait")], [0, true], waited.stderr);
    const { code, stderr } = await stop(service);
    assertEquals([code, count(stderr, / is lost/g), count(stderr, / is there again/g)], [0, 1, 1]);
    assertEquals(count(stderr, /\n\s+at /g), 0, stderr);
  },
);

testWithRedis(
  "a server that is killed in mid-run and started again costs the task nothing",
  async () => {
    const gate = new Gate();
    await using model = await startModelServer(gated(gate));
    await using server = await RedisServer.start();
    await using scene = await Scene.open({
      OPENAI_BASE_URL: model.base_url,
      QUEUE_URL: server.url,
    });
    const service = await scene.service();
    await add(scene, "t1", "wait");
    await soon("the model is asked", gate.reached);
    await server.kill();
    gate.release();
    await soon("its word", service.seen(/ is lost/, "stderr"));
    await server.restart();
    await assertDone(scene, server, "t1");
    const { code, stderr } = await stop(service);
    assertEquals([code, count(stderr, / is lost/g), count(stderr, / is there again/g)], [0, 1, 1]);
  },
);

testWithRedis(
  "a server that is full keeps its tasks, is told of, and goes on once there is room",
  async () => {
    const gate = new Gate();
    await using model = await startModelServer(gated(gate));
    await using server = await RedisServer.start();
    await using scene = await Scene.open({
      OPENAI_BASE_URL: model.base_url,
      QUEUE_URL: server.url,
    });
    const service = await scene.service();
    await add(scene, "t1", "wait");
    await soon("the model is asked", gate.reached);
    await server.cli("CONFIG", "SET", "maxmemory", "1");
    gate.release();
    await soon("its word", service.seen(/has no memory left/, "stderr"));
    const refused = await scene.tasks(["add", "--id", "t2", "--prompt", "p"]);
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertEquals(
      refused.stderr,
      `error: Redis at ${server.place} has no memory left for more; give it more (maxmemory), or ` +
        "remove old tasks with `tasks prune`\n",
    );
    // Looking and making room go on: that is the way out which was named.
    for (const line of ["list", "show t1", "doctor", "prune --keep 0 --unread --yes"]) {
      const { stderr } = await scene.tasks(line.split(" "));
      assertEquals(stderr, "", line);
    }
    await soon("the fetcher's word", service.seen(/tasks cannot be fetched/, "stderr"));
    await server.cli("CONFIG", "SET", "maxmemory", "0");
    await assertDone(scene, server, "t1");
    await add(scene, "t2", "p");
    assertEquals((await scene.tasks(["wait", "t2", "--timeout", "60"])).code, 0);
    const { code, stderr } = await stop(service);
    const said = stderr.split("\n").filter((line) => line.includes("tasks cannot be fetched"));
    assertEquals([code, said.length], [0, 1], stderr);
  },
);

testWithRedis("another program's key in the way is named, and the way out", async () => {
  await using server = await RedisServer.start();
  await server.cli("SET", "{bts}:tasks:prioritized", "mine");
  await using scene = await Scene.open({ ...MODEL, QUEUE_URL: server.url });
  for (const program of ["tasks", "background"] as const) {
    const args = program === "tasks" ? ["list"] : [];
    const { code, stderr, stdout } = await scene.start(program, args).ended;
    assertEquals([code, stdout], [3, ""], stderr);
    assertStringIncludes(stderr, 'error: QUEUE_URL: "{bts}:tasks:prioritized" on Redis at ');
    assertStringIncludes(stderr, "?prefix=name");
    assertEquals(stderr.split("\n").length, 2);
  }
  assertEquals(await server.cli("GET", "{bts}:tasks:prioritized"), "mine");
  const other = await scene.tasks(["list"], {
    env: { QUEUE_URL: server.urlWith({ query: "prefix=b2" }) },
  });
  assertEquals([other.code, other.stderr], [0, "There are no such tasks.\n"]);
});

testWithRedis(
  "a command gives up on a server that does not come back, in one sentence",
  async () => {
    await using server = await RedisServer.start();
    await using scene = await Scene.open({ QUEUE_URL: server.url });
    await add(scene, "t1", "p");
    const waiting = scene.start("tasks", ["wait", "t1"]);
    await soon("a watch", waiting.seen(/No background service/, "stderr"));
    await server.kill();
    const { code, stderr } = await soon("its end", waiting.ended, 60);
    const lines = stderr.split("\n").filter((line) => line.startsWith("error: "));
    assertEquals([code, lines.length], [1, 1], stderr);
    assert(lines[0]?.includes(server.place), stderr);
  },
);
