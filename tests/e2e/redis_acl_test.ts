/** The rule that an error advises is enough: a user with just that does whatever the programs do. */
import { assert, assertEquals } from "@std/assert";
import { soon } from "../support/eventually.ts";
import { Gate, startModelServer } from "../support/model_server.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { Scene, stop } from "../support/scene.ts";
import { promptOf } from "../support/two_models.ts";

const PASSWORD = "top5ecret";

testWithRedis(
  "a user with just the rule that is advised can do all that the programs do",
  async () => {
    const gate = new Gate();
    await using model = await startModelServer(async (request) => {
      if (promptOf(request) === "wait") await gate.pass();
      return { text: "done" };
    });
    await using server = await RedisServer.start();
    const QUEUE_URL = server.urlWith({ login: `app:${PASSWORD}` });
    await using scene = await Scene.open({ OPENAI_BASE_URL: model.base_url, QUEUE_URL });
    await server.cli("ACL", "SETUSER", "app", "reset", "on", `>${PASSWORD}`, "+ping");
    const refused = await scene.tasks(["list"]);
    assertEquals(refused.code, 3, refused.stderr);
    const [, rule] = /ACL SETUSER … (.*)\n$/.exec(refused.stderr) ?? [];
    assert(rule !== undefined, refused.stderr);
    await server.cli("ACL", "SETUSER", "app", "reset", "on", `>${PASSWORD}`, ...rule.split(" "));
    await server.cli("ACL", "LOG", "RESET");

    const service = await scene.service();
    const succeeds = async (line: string, code = 0) => {
      const ended = await scene.tasks(line.split(" "));
      assertEquals(ended.code, code, `${line}: ${ended.stderr}`);
      return ended.stdout;
    };
    await succeeds("add --prompt p --id t1 --wait=60");
    await succeeds("add --prompt wait --id t2");
    await soon("the model is asked", gate.reached);
    const watching = scene.start("tasks", ["watch", "t2", "--json"]);
    await soon("a watch", watching.seen(/"to":"running"/, "stdout"));
    await succeeds("cancel t2");
    assertEquals((await watching.ended).code, 5);
    await succeeds("retry t1 --fresh");
    await succeeds("wait t1 --timeout 60");
    for (const line of ["list", "show t1", "stats --models", "ids", "list --text p --ids"]) {
      await succeeds(line);
    }
    const doctor = JSON.parse((await scene.tasks(["doctor", "--json"])).stdout);
    // The model server of the test has no list of models.
    const looked = doctor.findings.filter(({ check }: { check: string }) => check !== "model");
    assertEquals(looked.filter(({ level }: { level: string }) => level !== "ok"), []);
    await succeeds("prune --keep 0 --unread --yes");
    const chat = await scene.main(["--message", "hello", "--conversation", "c1"]);
    assertEquals(chat.code, 0, chat.stderr);
    const { code, stderr } = await stop(service);
    assertEquals(code, 0);
    assert(!/NOPERM|may not/.test(stderr), stderr);
    // The server's settings hold its own password: not to be told them is no fault.
    const log = (await server.cli("ACL", "LOG")).split("\n");
    const denied = log.filter((_, index) => log[index - 1] === "object");
    assertEquals(new Set(denied), new Set(["config|get"]));
  },
);
