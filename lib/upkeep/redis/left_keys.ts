/**
 * Journals, artifacts and the like whose task is gone. A prune removes all of a task in one step; who
 * removes a job in a dashboard of BullMQ's leaves the rest.
 */
import { jobIdsOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import { type Finding, findingsOf, named } from "../finding.ts";
import type { ScannedKeys } from "./scan_keys.ts";

/** So many tasks are asked for together. */
const STEP = 1_000;

const { ok, look } = findingsOf("keys");

export async function checkLeftKeys(
  client: RedisClient,
  keys: RedisKeys,
  { owners, isAll }: ScannedKeys,
): Promise<Finding[]> {
  const left = await withoutTask(client, keys, [...owners]);
  const some = isAll ? "" : " (only some of the server's keys were looked at: there are many)";
  if (left.length === 0) return [ok(`Nothing of tasks that are gone lies about${some}`)];
  return [
    look(
      `Journals or artifacts of tasks that are gone lie about (${left.length}: ${named(left)})` +
        `${some}: remove their keys, such as ${keys.journal(left[0] ?? "")}`,
    ),
  ];
}

async function withoutTask(client: RedisClient, keys: RedisKeys, ids: readonly string[]) {
  const left: string[] = [];
  for (let start = 0; start < ids.length; start += STEP) {
    const some = ids.slice(start, start + STEP);
    const areLeft = await Promise.all(some.map((id) => isLeft(client, keys, id)));
    left.push(...some.filter((_, index) => areLeft[index]));
  }
  return left.sort();
}

// Its keys are looked for after its job: a prune that came in between has taken both.
async function isLeft(client: RedisClient, keys: RedisKeys, id: string): Promise<boolean> {
  if (await client.exists(...jobIdsOf(id).map((job_id) => keys.job(job_id))) > 0) return false;
  const own = [keys.journal(id), keys.artifacts(id), keys.cancel(id), keys.original(id)];
  return await client.exists(...own) > 0;
}
