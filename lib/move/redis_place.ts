import type { Queue } from "bullmq";
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis_client.ts";

/** A Redis server with all that is needed to move tasks from or to it. */
export interface RedisPlace {
  /** What people call it. */
  readonly place: string;
  readonly keys: RedisKeys;
  /** BullMQ's own calls, over the same connection. */
  readonly queue: Queue;
  /** Asks the server; what is lost with a connection is asked again. */
  ask<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
}
