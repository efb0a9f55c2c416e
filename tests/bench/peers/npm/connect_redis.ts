import { Redis } from "ioredis";

/** What producer and worker of the BullMQ peer must agree on. */
export const QUEUE = "bench";

/** The list of a conversation's notifications: this, and the conversation's id. */
export const NOTIFICATIONS = "notifications:";

/** As BullMQ's documentation asks of workers: a call waits for Redis as long as it takes. */
export function connectRedis(): Redis {
  return new Redis(Deno.env.get("BENCH_REDIS_URL") ?? "", { maxRetriesPerRequest: null });
}
