import type { BullmqContext } from "../queue/bullmq/context.ts";
import { LEASE_TIMES } from "../queue/bullmq/lease_keeper.ts";
import { openBackend } from "../queue/bullmq/open_backend.ts";
import { RedisKeys } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { DEFAULT_PREFIX, placeOf, type RedisTarget } from "../redis/redis_url.ts";

/** A Redis server with all that is needed to move tasks from or to it. */
export interface RedisPlace {
  /** What people call it; never has a password in it. */
  readonly place: string;
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  /** BullMQ's own moves between its states. */
  readonly backend: BullmqContext["backend"];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function redisPlace(target: RedisTarget, redis: RedisConnection): RedisPlace {
  const keys = new RedisKeys(target.prefix);
  const backend = openBackend(redis, keys, LEASE_TIMES);
  return { place: nameOf(target), redis, keys, backend, now: () => Date.now() };
}

/** The URL without user and password, and without what is usual. */
export function nameOf(target: RedisTarget): string {
  const { tls, db, prefix, cluster } = target;
  const parameters = [
    ...(prefix === DEFAULT_PREFIX ? [] : [`prefix=${prefix}`]),
    ...(cluster ? ["cluster=true"] : []),
  ];
  const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  return `redis${tls ? "s" : ""}://${placeOf(target)}${db === 0 ? "" : `/${db}`}${query}`;
}
