import { jobIdsOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { KeptTask } from "../upkeep.ts";

/** So many tasks are asked for together. */
const TOGETHER = 200;

/** What the server's memory holds of each task, in bytes: it is what removing the task frees. */
export async function sizesOf(
  { redis, keys }: { readonly redis: RedisConnection; readonly keys: RedisKeys },
  tasks: readonly KeptTask[],
): Promise<number[]> {
  const sizes: number[] = [];
  for (let start = 0; start < tasks.length; start += TOGETHER) {
    const some = tasks.slice(start, start + TOGETHER);
    sizes.push(...await Promise.all(some.map(({ id }) => sizeOf(redis, keysOf(keys, id)))));
  }
  return sizes;
}

function keysOf(keys: RedisKeys, id: string): string[] {
  const jobs = jobIdsOf(id).map((job_id) => keys.job(job_id));
  return [...jobs, keys.journal(id), keys.artifacts(id), keys.original(id)];
}

async function sizeOf(redis: RedisConnection, keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(keys.map((key) =>
    // SAMPLES 0: all of it, not an estimate from a few members.
    redis.ask((client) => client.memory("USAGE", key, "SAMPLES", 0))
  ));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
