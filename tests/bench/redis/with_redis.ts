import type { Peer } from "../peers/peer.ts";
import { type AppendFsync, startRedis } from "../peers/start_redis.ts";
import { freshPlace } from "../spread_directory.ts";

/** A setting of Redis, and plain BullMQ on one that is set so. */
export interface Pair {
  readonly appendfsync: AppendFsync;
  readonly peer: Peer;
}

/** The durability of ours that a setting of Redis is like. */
export function durabilityOf(appendfsync: AppendFsync): "relaxed" | "full" {
  return appendfsync === "always" ? "full" : "relaxed";
}

/** Measures something on a fresh Redis, as the peer has one for each measurement. */
export async function withRedis<Value>(
  root: string,
  appendfsync: AppendFsync,
  measure: (queue_url: string) => Promise<Value>,
): Promise<Value> {
  await using redis = await startRedis(freshPlace(root, "redis"), appendfsync);
  return await measure(redis.url);
}
