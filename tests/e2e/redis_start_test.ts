/** `start` where tasks are in Redis: both of its programs are told by QUEUE_URL alone. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startModelServer } from "../support/model_server.ts";
import { copyProjectWithMarks } from "../support/project_copy.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { end, Scene, stop } from "../support/scene.ts";
import { parts, schedules, twoModels } from "../support/two_models.ts";

const PASSWORD = "top5ecret";
const TURN = ["--message", "think in the background", "--wait=60"];

testWithRedis(
  "start runs its service on the same Redis, or uses one that runs on another host",
  async () => {
    await using model = await startModelServer(parts({
      chat: schedules,
      worker: () => ({ text: "The answer is 42" }),
    }));
    await using server = await RedisServer.start({ password: PASSWORD });
    const env = { ...twoModels(model.base_url), QUEUE_URL: server.url };
    // A service of start's own notes the packages in the lock of its project.
    const project = await copyProjectWithMarks();
    try {
      await using here = await Scene.open(env, { project: project.directory });
      await using there = await Scene.open(env);

      const alone = await end(here.start("start", TURN));
      assertEquals(alone.code, 0, alone.stderr);
      assertMatch(alone.stdout, /The answer is 42/);
      const log = Deno.readTextFileSync(here.path("service.log"));
      assertMatch(log, new RegExp(`tasks are kept in 'Redis at ${server.place}, prefix bts'`));
      assertMatch(log, / has stopped\n$/);
      assert(!(alone.stdout + alone.stderr + log).includes(PASSWORD));
      // Conversations are this machine's own; tasks are not.
      assertEquals(here.names("conversations").length, 1);
      assertEquals([here.has("tasks"), here.has("journal"), here.has("services")], [
        false,
        false,
        false,
      ]);

      await Deno.remove(here.path("service.log"));
      const service = await there.service();
      const beside = await end(here.start("start", TURN));
      assertEquals([beside.code, here.has("service.log")], [0, false], beside.stderr);
      assertMatch(beside.stdout, /The answer is 42/);
      assertEquals((await stop(service)).code, 0);
    } finally {
      await project.remove();
    }
  },
);
