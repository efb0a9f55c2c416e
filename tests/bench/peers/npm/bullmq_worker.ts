/** The worker of the BullMQ peer, in a process of its own. */
import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Payload } from "../commands.ts";
import { notificationOf } from "../payload.ts";
import { serveWorker, type Working } from "../serve_worker.ts";
import type { Tally } from "../tally.ts";
import { connectRedis, NOTIFICATIONS, QUEUE } from "./connect_redis.ts";

async function work(redis: Redis, concurrency: number, tally: Tally): Promise<Working> {
  const worker = new Worker<Payload, string>(QUEUE, async ({ id = "", data }) => {
    tally.started(id);
    // On the connection that the worker completes jobs on: another would cost Redis one turn more.
    await redis.rpush(NOTIFICATIONS + data.conversation_id, notificationOf(id, data));
    return "done";
  }, { connection: redis, concurrency, autorun: false });
  worker.on("completed", () => tally.ended());
  worker.on("failed", (_job, error) => tally.failed(error.message));
  worker.on("error", (error) => tally.failed(error.message));
  await worker.waitUntilReady();
  const running = worker.run();
  const rest = async () => {
    await worker.close();
    await running;
  };
  return { rest };
}

if (import.meta.main) {
  const redis = connectRedis();
  await serveWorker((concurrency, tally) => work(redis, concurrency, tally));
}
