/** What stays where it was in a move from or to Redis, and what foreign producers leave there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Queue } from "bullmq";
import { moveTasks } from "../../../lib/move/move_tasks.ts";
import { RedisServer, testWithRedis } from "../../support/redis_server.ts";
import { TempDir } from "../../support/storage_fixture.ts";
import { contentsOfTree } from "./contents.ts";
import { fileStore, QUIET, RedisRoom } from "./move_fixture.ts";
import { plantTasks } from "./planted_tasks.ts";

interface Room {
  readonly dir: string;
  readonly redis: RedisRoom;
  readonly server: RedisServer;
  toRedis(): ReturnType<typeof moveTasks>;
  toFiles(): ReturnType<typeof moveTasks>;
  /** Writes a task into the directory. */
  put(state: string, id: string, fields?: Record<string, unknown>): void;
}

async function withRoom(test: (room: Room) => Promise<void>): Promise<void> {
  await using temp = await TempDir.make();
  await using server = await RedisServer.start({ durable: false });
  await using redis = await RedisRoom.open(server.url);
  const dir = temp.path;
  plantTasks(dir, 0);
  await test({
    dir,
    redis,
    server,
    toRedis: async () => await moveTasks(await fileStore(dir), redis.store(), QUIET),
    toFiles: async () => await moveTasks(redis.store(), await fileStore(dir), QUIET),
    put: (state, id, fields = {}) => {
      const created_at = "2026-01-31T09:00:00.000Z";
      const record = { version: 1, conversation_id: "c1", prompt: "p", created_at, ...fields };
      Deno.writeTextFileSync(`${dir}/tasks/${state}/${id}.json`, JSON.stringify(record));
    },
  });
}

const attempt = { run: 1, attempt: 1, service_id: "s", started_at: "2026-01-31T09:01:00.000Z" };
const run = { incarnation: "i", run: 1, attempt: 1, interruptions: 0, attempts: [attempt] };
const end = { ...run, finished_at: "2026-01-31T09:02:00.000Z", result: "42" };

testWithRedis(
  "of two tasks of one id at both places the rules are those of directories",
  async () => {
    await withRoom(async ({ dir, redis, put, toRedis, toFiles }) => {
      put("pending", "other");
      put("pending", "behind");
      put("running", "there", run);
      await toRedis();
      put("pending", "other", { prompt: "q" });
      put("completed", "behind", end);
      put("pending", "there");
      const { moved, already_there, left } = await toRedis();
      assertEquals([moved, already_there, left.map(({ id }) => id)], [1, 1, ["other"]]);
      assertStringIncludes(left[0]!.reason, "has another task of that id");
      const names = ["completed/behind", "pending/other", "running/there"];
      const tasks = names.map((name) => `tasks/${name}.json`);
      assertEquals([...(await redis.contents()).keys()].sort(), tasks);
      assertEquals((await toFiles()).left.map(({ id }) => id), ["other"]);
      assertEquals([...contentsOfTree(dir).keys()].sort(), tasks);
    });
  },
);

testWithRedis("a task whose dead service's lock has not run out is waited for", async () => {
  await withRoom(async ({ dir, redis, put, toRedis, toFiles }) => {
    put("running", "x", run);
    await toRedis();
    await redis.client.set("{bts}:tasks:x:lock", "dead", "PX", 700);
    assertEquals((await toFiles()).moved, 1);
    assert(contentsOfTree(dir).has("tasks/running/x.json"));
  });
});

testWithRedis("ids that BullMQ keeps for itself are the same again in files", async () => {
  await withRoom(async ({ dir, redis, put, toRedis, toFiles }) => {
    for (const id of ["42", "active", "completed", "events"]) put("pending", id);
    const planted = contentsOfTree(dir);
    assertEquals((await toRedis()).moved, 4);
    assertEquals(await redis.contents(), planted);
    assertEquals((await toFiles()).moved, 4);
    assertEquals(contentsOfTree(dir), planted);
  });
});

testWithRedis(
  "what foreign producers have added moves as the task that it is, or stays",
  async () => {
    await withRoom(async ({ dir, server, redis, toFiles }) => {
      const { hostname: host, port } = new URL(server.url);
      const connection = { host, port: Number(port) };
      const queue = new Queue("tasks", { connection, prefix: "{bts}", skipMetasUpdate: true });
      const data = { conversation_id: "c1", prompt: "p" };
      const plain = await queue.add("plain", data);
      const timestamp = Date.UTC(2026, 0, 31);
      const delay = Date.UTC(2099, 0, 1) - timestamp;
      await queue.add("later", data, { jobId: "later", timestamp, delay });
      await queue.add("text", "hello", { jobId: "text" });
      await queue.add("none", { prompt: "p" }, { jobId: "none" });
      await queue.add("colons", data, { jobId: "a:b:c" });
      await queue.close();
      const { moved, left } = await toFiles();
      assertEquals(moved, 2);
      const reasons = Object.fromEntries(left.map(({ id, reason }) => [id, reason]));
      assertEquals(Object.keys(reasons).sort(), ["a:b:c", "none", "text"]);
      assertStringIncludes(reasons["text"]!, "expected a JSON object");
      assertStringIncludes(reasons["none"]!, '"conversation_id" is missing');
      assertStringIncludes(reasons["a:b:c"]!, "its id is no task's");
      const files = contentsOfTree(dir);
      const { created_at } = JSON.parse(files.get(`tasks/pending/${plain.id}.json`)!);
      assert(Math.abs(Date.now() - Date.parse(created_at)) < 60_000);
      const { run_at } = JSON.parse(files.get("tasks/pending/later.json")!);
      assertEquals(run_at, "2099-01-01T00:00:00.000Z");
      const names = ["a:b:c", "none", "text"].map((id) => `tasks/pending/${id}.json`);
      assertEquals([...(await redis.contents()).keys()].sort(), names);
    });
  },
);

testWithRedis("a record that is too large for files stays in Redis", async () => {
  await withRoom(async ({ redis, put, toRedis, toFiles }) => {
    put("completed", "x", end);
    await toRedis();
    const large = {
      ...end,
      version: 1,
      conversation_id: "c1",
      prompt: "p",
      result: "x".repeat(17e6),
    };
    await redis.client.hset("{bts}:tasks:x", "data", JSON.stringify(large));
    const { moved, left } = await toFiles();
    assertEquals(moved, 0);
    assertStringIncludes(left[0]!.reason, "files take at most 16777216");
  });
}, { large: true });

testWithRedis(
  "what is too large for Redis stays whole and is named, and all else moves",
  async () => {
    await withRoom(async ({ dir, redis, put, toRedis }) => {
      for (const id of ["fits", "large", "odd"]) put("completed", id, end);
      const error = { code: "invalid_task", message: "m", attempt: 0 };
      put("failed", "came", { finished_at: end.finished_at, error });
      Deno.writeFileSync(`${dir}/tasks/failed/came.original`, new Uint8Array(17 * 2 ** 20));
      for (const [id, bytes] of [["fits", 16 * 2 ** 20], ["large", 16 * 2 ** 20 + 1]] as const) {
        Deno.mkdirSync(`${dir}/artifacts/${id}`);
        Deno.writeFileSync(`${dir}/artifacts/${id}/film.mp4`, new Uint8Array(bytes));
      }
      const planted = contentsOfTree(dir);
      const { moved, left } = await toRedis();
      assertEquals(moved, 2);
      assertEquals(left, [{
        id: "came",
        reason: "what came in its place has 17825792 bytes, Redis takes at most 16 MiB",
      }, {
        id: "large",
        reason: 'its artifact "film.mp4" has 16777217 bytes, Redis takes at most 16 MiB',
      }]);
      const stayed = contentsOfTree(dir);
      const there = await redis.contents();
      assertEquals(new Map([...stayed, ...there]), planted);
      assertEquals([...there.keys()].filter((name) => stayed.has(name)), []);
    });
  },
  { large: true },
);

testWithRedis(
  "odd times, keys of other types and notes of nobody keep only their own",
  async () => {
    await withRoom(async ({ dir, redis, put, toRedis, toFiles }) => {
      for (const id of ["good", "typed"]) put("pending", id);
      await toRedis();
      const { client } = redis;
      const data = JSON.stringify({ conversation_id: "c1", prompt: "p" });
      for (const id of ["ns", "far", "never", "hash"]) {
        await client.hset(`{bts}:tasks:${id}`, {
          data,
          timestamp: "1700000000000000000",
          name: "x",
        });
      }
      await client.lpush("{bts}:tasks:wait", "ns", "hash", "string");
      await client.zadd("{bts}:tasks:delayed", "1e20", "far", "inf", "never");
      await client.set("{bts}:journal:typed", "theirs");
      await client.hset("{bts}:artifacts:hash", "a.txt", "x");
      await client.set("{bts}:tasks:string", "theirs");
      await client.hset("{bts}:in_transit", "good", "{}", "other", "hello", "a b", "[]");
      const { moved, left } = await toFiles();
      assertEquals(moved, 3);
      const reasons = Object.fromEntries(left.map(({ id, reason }) => [id, reason]));
      const notes = ["a b", "good", "other"].map((id) => `{bts}:in_transit ${id}`);
      const stay = ["far", "never", "string", "typed", ...notes];
      assertEquals(Object.keys(reasons).sort(), stay.sort());
      for (const id of ["far", "never"]) assertStringIncludes(reasons[id]!, "a time that is none");
      for (const id of ["string", "typed"]) assertStringIncludes(reasons[id]!, "another program");
      for (const id of notes) assertStringIncludes(reasons[id]!, "no note of a move");
      const { created_at } = JSON.parse(contentsOfTree(dir).get("tasks/pending/ns.json")!);
      assertEquals(created_at, "1970-01-01T00:00:00.000Z");
    });
  },
);

testWithRedis("what the program trips over in one task leaves just that one", async () => {
  await withRoom(async ({ dir, redis, put, toRedis }) => {
    for (const id of ["good", "odd"]) put("pending", id);
    await toRedis();
    const store = redis.store();
    const take = store.take.bind(store);
    store.take = async (id) => {
      if (id === "odd") throw new RangeError("Invalid time value");
      return await take(id);
    };
    const { moved, left } = await moveTasks(store, await fileStore(dir), QUIET);
    assertEquals([moved, left], [1, [{
      id: "odd",
      reason: "it cannot be read: Invalid time value",
    }]]);
  });
});
