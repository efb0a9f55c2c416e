/** Everything that a Redis holds, for people to look through. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../../lib/redis/keys.ts";

const READ: Readonly<Record<string, (client: Redis, key: string) => Promise<unknown>>> = {
  string: (client, key) => client.get(key),
  list: (client, key) => client.lrange(key, 0, -1),
  hash: (client, key) => client.hgetall(key),
  set: (client, key) => client.smembers(key),
  zset: (client, key) => client.zrange(key, 0, -1, "WITHSCORES"),
  stream: (client, key) => client.xrange(key, "-", "+"),
};

/** All keys below a prefix, sorted, with their values. */
export async function readKeys(
  client: Redis,
  { prefix }: RedisKeys,
): Promise<{ readonly key: string; readonly value: unknown }[]> {
  const found = [];
  for (const key of (await client.keys(`${prefix}:*`)).sort()) {
    const read = READ[await client.type(key)];
    found.push({ key, value: await read?.(client, key) });
  }
  return found;
}
