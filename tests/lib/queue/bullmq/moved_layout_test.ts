/**
 * The scripts by which tasks move put jobs into BullMQ's states, and take them out of all of them, by
 * its key layout. These tests fail when a new BullMQ has another one.
 */
import { assertEquals } from "@std/assert";
import { type JobsOptions, Queue } from "bullmq";
import { LISTS, WAITING } from "../../../../lib/queue/bullmq/job_state.ts";
import { allIds, placeJob, readJob, removeJob } from "../../../../lib/queue/bullmq/moved_job.ts";
import { LEASE_TIMES } from "../../../../lib/queue/bullmq/lease_keeper.ts";
import { openBackend } from "../../../../lib/queue/bullmq/open_backend.ts";
import { parseRecordText } from "../../../../lib/task/parse_record.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { request } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

const HOUR_MS = 3_600_000;
/** Nobody was told anything of these, and nothing else belongs to them. */
const ALONE = {
  conversation_id: "",
  notifications: [],
  parts: [1, 2, 3, 4].map((n) => `{bts}:${n}`),
};

async function withBoth(test: (open: OpenQueue, bull: Queue) => Promise<void>): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  const { prefix, queue } = open.keys;
  const bull = new Queue(queue, { connection: open.redis.client, prefix });
  try {
    await bull.waitUntilReady();
    await test(open, bull);
  } finally {
    await bull.close();
  }
}

/** Keys that are there, but for those that the queue has with no job in it. */
async function leftKeys({ redis, keys }: OpenQueue): Promise<string[]> {
  const own = ["events", "id", "meta", "marker", "pc"].map((name) => keys.state(name));
  return (await redis.ask((client) => client.keys("*"))).filter((key) => !own.includes(key));
}

testWithRedis("a job that BullMQ made is read where BullMQ has it, and removed whole", async () => {
  await withBoth(async (open, bull) => {
    const made: readonly (readonly [place: string, options: JobsOptions])[] = [
      ["wait", {}],
      ["prioritized", { priority: 7 }],
      ["delayed", { delay: HOUR_MS }],
    ];
    for (const [place, options] of made) {
      const job = await bull.add("theirs", request(), { ...options, jobId: "x" });
      await job.log("a line of BullMQ's own");
      const found = await readJob(open, "x");
      assertEquals([found?.place, found?.state], [place, "pending"]);
      assertEquals([found?.timestamp, found?.data], [job.timestamp, JSON.stringify(job.data)]);
      assertEquals(found?.due, place === "delayed" ? job.timestamp + HOUR_MS : undefined);
      assertEquals(await allIds(open), ["x"]);
      assertEquals(await removeJob(open, found!, ALONE), true);
      assertEquals(await leftKeys(open), [], place);
      assertEquals(await bull.getJobState("x"), "unknown");
    }
  });
});

testWithRedis("a job that is put into a state is BullMQ's to move on or to remove", async () => {
  await withBoth(async (open, bull) => {
    const room = {
      redis: open.redis,
      keys: open.keys,
      backend: openBackend(open.redis, open.keys, LEASE_TIMES),
      now: Date.now,
    };
    const times = {
      created_at: "2026-01-01T00:00:00.000Z",
      finished_at: "2026-01-01T00:00:01.000Z",
    };
    const fields = { ...request({ id: "x" }), version: 1, ...times };
    const parsed = parseRecordText("x", JSON.stringify(fields), 0);
    if (parsed.kind !== "task") throw new Error("no task");
    const { record } = parsed;
    for (const [state, bulls] of [["running", "active"], ["completed"], ["failed"]] as const) {
      assertEquals(await placeJob(room, { id: "x", state, record, fields }), true);
      assertEquals(await bull.getJobState("x"), bulls ?? state);
      assertEquals((await readJob(open, "x"))?.place, bulls ?? state);
      const job = await bull.getJob("x");
      if (state === "failed") await job?.retry();
      if (state === "failed") assertEquals(await bull.getJobState("x"), "prioritized");
      await job?.remove();
      assertEquals(await leftKeys(open), [], state);
    }
  });
});

testWithRedis("what we take for lists are lists, and the others sorted sets", async () => {
  await withBoth(async ({ redis, keys }, bull) => {
    const typeOf = (place: string) => redis.ask((client) => client.type(keys.state(place)));
    await bull.add("theirs", {}, { jobId: "a" });
    await bull.add("theirs", {}, { jobId: "b", priority: 1 });
    await bull.add("theirs", {}, { jobId: "c", delay: HOUR_MS });
    await bull.add("theirs", {}, { jobId: "d" });
    const found: Record<string, string> = {};
    for (const place of WAITING) found[place] = await typeOf(place);
    const seen = Object.entries(found).filter(([, type]) => type !== "none");
    assertEquals(seen.map(([place]) => place), ["wait", "prioritized", "delayed"]);
    for (const [place, type] of seen) assertEquals(type, LISTS.has(place) ? "list" : "zset", place);
  });
});
