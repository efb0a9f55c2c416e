/** The producer of the BullMQ peer, in a process of its own. */
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { PAYLOAD } from "../payload.ts";
import { type Producer, serveProducer } from "../serve_producer.ts";
import { connectRedis, NOTIFICATIONS, QUEUE } from "./connect_redis.ts";

/** Jobs handed in by one call when speed is not measured. */
const BULK = 500;

function bullmqProducer(queue: Queue, redis: Redis): Producer {
  return {
    add: async () => (await queue.add("bench", PAYLOAD)).id ?? "",
    fill: async (count) => {
      for (let left = count; left > 0; left -= BULK) {
        const jobs = Array.from({ length: Math.min(left, BULK) }, () => ({
          name: "bench",
          data: PAYLOAD,
        }));
        await queue.addBulk(jobs);
      }
    },
    checkWaiting: (count) => expectCounts(queue, { waiting: count }),
    checkDone: (count) => checkDone(queue, redis, count),
  };
}

async function checkDone(queue: Queue, redis: Redis, count: number): Promise<void> {
  await expectCounts(queue, { completed: count });
  const jobs = await queue.getCompleted();
  const without = jobs.filter(({ returnvalue }) => returnvalue !== "done").length;
  if (without > 0) throw new Error(`of ${count} jobs ${without} have no result`);
  const notified = new Set<string>();
  const texts = await redis.lrange(NOTIFICATIONS + PAYLOAD.conversation_id, 0, -1);
  for (const text of texts) notified.add(JSON.parse(text).task_id);
  const ids = new Set(jobs.map(({ id }) => id ?? ""));
  if (texts.length !== count || notified.size !== count || ids.difference(notified).size > 0) {
    throw new Error(`${count} jobs, but ${texts.length} notifications of ${notified.size} jobs`);
  }
}

/** @throws unless the jobs are in these states, and none in any other. */
async function expectCounts(queue: Queue, expected: Record<string, number>): Promise<void> {
  const counts = await queue.getJobCounts();
  for (const state of new Set([...Object.keys(counts), ...Object.keys(expected)])) {
    const [is, must] = [counts[state] ?? 0, expected[state] ?? 0];
    if (is !== must) throw new Error(`${is} jobs are "${state}", not ${must}`);
  }
}

if (import.meta.main) {
  const redis = connectRedis();
  const queue = new Queue(QUEUE, { connection: redis });
  await queue.waitUntilReady();
  await serveProducer(bullmqProducer(queue, redis));
}
