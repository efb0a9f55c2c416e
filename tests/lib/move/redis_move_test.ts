/** Moves between a directory and a Redis server, in both directions. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type MoveOptions, moveTasks } from "../../../lib/move/move_tasks.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { type Contents, contentsOfTree } from "./contents.ts";
import { fileStore, QUIET, RedisRoom } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

const NOTHING: Contents = new Map();
const FULL = { durability: "full" } as const;

// What moves from Redis makes long answers.
function testOfMove(name: string, body: () => Promise<void>): void {
  testWithRedis(name, body, { large: true });
}

async function withRedis(test: (redis: RedisRoom, dir: string) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make();
  await using server = await RedisServer.start({ durable: false });
  await using redis = await RedisRoom.open(server.url);
  await test(redis, dir.path);
}

testOfMove(
  "all tasks of a directory go to Redis and back, with all that belongs to them",
  async () => {
    await withRedis(async (redis, dir) => {
      plantTasks(`${dir}/a`, 300);
      const planted = contentsOfTree(`${dir}/a`);
      const moved = { moved: 300, already_there: 0, left: [] };
      assertEquals(await moveTasks(await fileStore(`${dir}/a`, FULL), redis.store(), QUIET), moved);
      assertEquals(contentsOfTree(`${dir}/a`), NOTHING);
      assertEquals(await redis.contents(), planted);
      assertEquals(await moveTasks(redis.store(), await fileStore(`${dir}/b`, FULL), QUIET), moved);
      assertEquals(await redis.contents(), NOTHING);
      assertEquals(contentsOfTree(`${dir}/b`), planted);
    });
  },
);

/** Moves in a process that dies before its n-th call to disk or server; false where it lives on. */
async function diesAt(
  n: number,
  redis: RedisRoom,
  move: (hook: () => void, disk: HookedDisk) => Promise<unknown>,
): Promise<boolean> {
  let calls = 0;
  const hook = () => {
    if (++calls >= n) throw new Error("died");
  };
  const disk = new HookedDisk(hook);
  try {
    await move(hook, disk);
    return false;
  } catch (error) {
    assert(error instanceof Error && /died/.test(error.message), String(error));
    return true;
  } finally {
    disk.closeAll();
    // What had been sent already is done.
    await redis.client.ping();
  }
}

/**
 * One move that dies before its n-th call, then again, and is gone on with.
 *
 * @returns false where it did not die
 */
async function killed(
  direction: "to Redis" | "from Redis",
  n: number,
  redis: RedisRoom,
  root: string,
): Promise<boolean> {
  const [before, after] = [`${root}/before`, `${root}/after`];
  plantTasks(before, 10);
  const planted = contentsOfTree(before);
  const isThere = direction === "to Redis";
  const files = isThere ? before : after;
  if (!isThere) await moveTasks(await fileStore(before), redis.store(), QUIET);
  const move = async (disk?: HookedDisk, hook?: () => void) => {
    const tree = await fileStore(files, disk === undefined ? {} : { ...FULL, disk });
    const server = redis.store(hook);
    const [from, to] = isThere ? [tree, server] : [server, tree];
    return await moveTasks(from, to, QUIET);
  };
  if (!await diesAt(n, redis, (hook, disk) => move(disk, hook))) return false;
  const second = 1 + Math.floor(Math.random() * 300);
  await diesAt(second, redis, (hook, disk) => move(disk, hook));
  const when = `killed at call ${n}, then at call ${second}`;
  assertEquals((await move()).left, [], when);
  const [inFiles, inRedis] = [contentsOfTree(files), await redis.contents()];
  assertEquals(isThere ? inRedis : inFiles, planted, when);
  assertEquals(isThere ? inFiles : inRedis, NOTHING, when);
  return true;
}

// Each call is a moment at which a process can be killed; one in so many is tried, others each time.
const STEP = 23;

for (const direction of ["to Redis", "from Redis"] as const) {
  testOfMove(
    `a move ${direction} that is killed twice, at any moment, is gone on with`,
    async () => {
      await withRedis(async (redis, dir) => {
        let deaths = 0;
        let n = 1 + Math.floor(Math.random() * STEP);
        for (; await killed(direction, n, redis, `${dir}/${n}`); n += STEP) {
          deaths++;
          await redis.clear();
        }
        assert(deaths > 10, `${deaths} deaths`);
      });
    },
  );
}

testOfMove("a move to Redis that was cut short, at any moment, can be taken back", async () => {
  await withRedis(async (redis, dir) => {
    let deaths = 0;
    for (let n = 1 + Math.floor(Math.random() * STEP);; n += STEP) {
      const files = `${dir}/${n}`;
      plantTasks(files, 10);
      const planted = contentsOfTree(files);
      const dying = async (hook: () => void, disk: HookedDisk) =>
        await moveTasks(await fileStore(files, { ...FULL, disk }), redis.store(hook), QUIET);
      if (!await diesAt(n, redis, dying)) break;
      deaths++;
      const { left } = await moveTasks(redis.store(), await fileStore(files), QUIET);
      assertEquals(left, [], `killed at call ${n}`);
      assertEquals(contentsOfTree(files), planted, `killed at call ${n}`);
      assertEquals(await redis.contents(), NOTHING, `killed at call ${n}`);
    }
    assert(deaths > 10, `${deaths} deaths`);
  });
});

testOfMove("tasks go from one prefix of a server to another, killed twice", async () => {
  await using dir = await TempDir.make();
  await using server = await RedisServer.start({ durable: false });
  await using one = await RedisRoom.open(server.urlWith({ query: "prefix=one" }));
  await using two = await RedisRoom.open(server.urlWith({ query: "prefix=two" }));
  plantTasks(dir.path, 20);
  const planted = contentsOfTree(dir.path);
  await moveTasks(await fileStore(dir.path), one.store(), QUIET);
  for (const n of [150, 90]) {
    let calls = 0;
    const hook = () => {
      if (++calls >= n) throw new Error("died");
    };
    await assertRejects(() => moveTasks(one.store(hook), two.store(hook), QUIET), Error, "died");
  }
  assertEquals((await moveTasks(one.store(), two.store(), QUIET)).left, []);
  assertEquals(await two.contents(), planted);
  assertEquals(await one.contents(), NOTHING);
});

testOfMove("a move outlives a restart of the server", async () => {
  await using dir = await TempDir.make();
  await using server = await RedisServer.start();
  await using redis = await RedisRoom.open(server.url);
  const files = dir.path;
  plantTasks(files, 200);
  const planted = contentsOfTree(files);
  const restarts: Promise<void>[] = [];
  const restartAt = (count: number): MoveOptions => ({
    ...QUIET,
    onProgress: (done) => {
      if (done === count) restarts.push(server.restart());
    },
  });
  const there = await moveTasks(await fileStore(files), redis.store(), restartAt(40));
  assertEquals(there.left, []);
  assertEquals(await redis.contents(), planted);
  const back = await moveTasks(redis.store(), await fileStore(files), restartAt(90));
  assertEquals(back.left, []);
  assertEquals(contentsOfTree(files), planted);
  assertEquals(await redis.contents(), NOTHING);
  await Promise.all(restarts);
});
