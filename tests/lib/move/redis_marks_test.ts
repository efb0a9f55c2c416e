/** The marks of a move on a server: what they keep away, and how a dead process's mark goes. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { RedisPresence } from "../../../lib/presence/redis_presence.ts";
import { RedisKeys } from "../../../lib/redis/keys.ts";
import { connect } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../lib/redis/redis_url.ts";
import { systemRuntime } from "../../../lib/runtime.ts";
import { MoveRefused } from "../../../lib/task/move_mark.ts";
import { Gate } from "../../support/gate.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { announce } from "../cli/tasks/tasks_fixture.ts";
import { fileStore, QUIET, RedisRoom } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

interface Room {
  readonly dir: string;
  readonly url: string;
  readonly redis: RedisRoom;
  /** Makes a service seem alive on the server. */
  announce(): ReturnType<typeof announce>;
}

async function withRoom(test: (room: Room) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make();
  await using server = await RedisServer.start({ durable: false });
  await using redis = await RedisRoom.open(server.url);
  const target = parseRedisUrl(server.url);
  const connection = await connect(target, { patience_ms: 5_000, retryForever: false });
  const keys = new RedisKeys(target.prefix);
  const presence = new RedisPresence({ ...systemRuntime, redis: connection, keys });
  plantTasks(dir.path, 10);
  try {
    await test({
      dir: dir.path,
      url: server.url,
      redis,
      announce: () => announce({ presence }, { service_id: "s9", pid: 7, host: "h" }),
    });
  } finally {
    await connection.close();
  }
}

const refusal = async (start: () => Promise<unknown>) =>
  (await assertRejects(start, MoveRefused)).message;

testWithRedis(
  "no task moves while a service is alive on the server, and none begins meanwhile",
  async () => {
    await withRoom(async ({ dir, url, redis, announce }) => {
      const service = await announce();
      const toRedis = async () => await moveTasks(await fileStore(dir), redis.store(), QUIET);
      const message = await refusal(toRedis);
      assertStringIncludes(
        message,
        `a service is alive on "${url}": s9, process 7 on h; stop every`,
      );
      await service.withdraw();
      const arriving = new Gate();
      const disk = new HookedDisk(({ name, path }) =>
        name === "rename" && path.includes("/tasks/") ? arriving.pass() : undefined
      );
      const move = moveTasks(await fileStore(dir, { disk }), redis.store(), QUIET);
      await arriving.reached;
      const just =
        `its tasks are being moved from ${dir} to ${url} just now; wait until that is done`;
      assertEquals(
        await refusal(announce),
        `Cannot start a service on Redis at ${url.replace("redis://", "")}: ${just}`,
      );
      // Its mark is renewed meanwhile, so it is known to live.
      const second = await refusal(() => moveTasks(redis.store(), redis.store(), QUIET));
      assertStringIncludes(second, just);
      arriving.release();
      assertEquals((await move).moved, 10);
      await (await announce()).withdraw();
      assertEquals(await redis.client.keys("*serv*"), []);
    });
  },
);

/** A move that is cut short when its first task is done. */
async function cutShort(dir: string, redis: RedisRoom): Promise<void> {
  const onProgress = () => {
    throw new Error("cut short");
  };
  const options = { ...QUIET, onProgress };
  const move = async () => await moveTasks(await fileStore(dir), redis.store(), options);
  await assertRejects(move, Error, "cut short");
}

testWithRedis(
  "a move to a server that was cut short keeps services away until it is finished",
  async () => {
    await withRoom(async ({ dir, url, redis, announce }) => {
      await cutShort(dir, redis);
      const message = await refusal(announce);
      assertStringIncludes(
        message,
        `finish it first with tasks move --from ${dir} --to ${url}, or, to`,
      );
      assertStringIncludes(message, 'delete the key "{bts}:moving" in Redis');
      await moveTasks(await fileStore(dir), redis.store(), QUIET);
      await (await announce()).withdraw();
    });
  },
);

testWithRedis(
  "a dead process's mark is waited out where nothing else says that it is dead",
  async () => {
    await withRoom(async ({ dir, redis }) => {
      await cutShort(dir, redis);
      // As a SIGKILL leaves it.
      await redis.client.set("{bts}:mover", "dead", "PX", 900);
      Deno.removeSync(`${dir}/control/moving`);
      const began = performance.now();
      await moveTasks(await fileStore(dir), redis.store(), QUIET);
      assert(performance.now() - began > 500);
      assertEquals(await redis.client.keys("*mov*"), []);
    });
  },
);

testWithRedis("a move whose mark is taken away ends, and says so", async () => {
  await withRoom(async ({ dir, redis }) => {
    const target = redis.store();
    const { lost } = target.mark;
    const disk = new HookedDisk(async ({ name, path }) => {
      if (name !== "rename" || !path.includes("/tasks/") || lost.aborted) return;
      const noticed = new Promise((resolve) => lost.addEventListener("abort", resolve));
      await redis.client.del("{bts}:moving", "{bts}:mover");
      await noticed;
    });
    const move = async () => await moveTasks(await fileStore(dir, { disk }), target, QUIET);
    await assertRejects(move, Error, "is gone: another move has begun, or somebody has removed it");
  });
});
