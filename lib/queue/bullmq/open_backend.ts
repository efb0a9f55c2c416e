import { createRedisBackend, type QueueOptions, type RedisQueueBackend } from "bullmq";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { LeaseTimes } from "./lease_keeper.ts";

/** BullMQ's queue, on a connection that stays ours. */
export function openBackend(
  { client }: Pick<RedisConnection, "client">,
  { prefix, queue }: RedisKeys,
  { lock_ms }: LeaseTimes,
): RedisQueueBackend {
  const options: QueueOptions & { readonly lockDuration: number } = {
    connection: client,
    prefix,
    // What it has to say of the server's settings we say ourselves.
    skipVersionCheck: true,
    lockDuration: lock_ms,
  };
  const backend = createRedisBackend(queue, options);
  // Those who wait for an answer are told.
  backend.on("error", () => {});
  return backend;
}
