/**
 * Jobs that are in no state of the queue, so that nobody sees or runs them: a server that has come back
 * with a part of its data leaves such.
 */
import { allIds } from "../../queue/bullmq/moved_job.ts";
import { lookAt } from "../../queue/bullmq/read_tasks.ts";
import { taskIdOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import { type Finding, findingsOf, named } from "../finding.ts";

/** So many are asked for together. */
const TOGETHER = 100;

const { bad } = findingsOf("keys");

/** @param job_ids those whose keys are there */
export async function checkStrayJobs(
  server: { readonly redis: RedisConnection; readonly keys: RedisKeys },
  job_ids: ReadonlySet<string>,
): Promise<Finding[]> {
  // After the look at the keys: each of them that is in order is in a state by now, or gone.
  const known = new Set(await allIds(server));
  const unknown = [...job_ids].filter((job_id) => !known.has(taskIdOf(job_id)));
  const stray: string[] = [];
  for (let start = 0; start < unknown.length; start += TOGETHER) {
    const some = unknown.slice(start, start + TOGETHER);
    const seen = new Set((await lookAt(server, some)).map(({ job_id }) => job_id));
    // One that was between two lists has a state now; one that was removed meanwhile is no hash.
    for (const job_id of some) {
      if (!seen.has(job_id) && await isJob(server, job_id)) stray.push(job_id);
    }
  }
  if (stray.length === 0) return [];
  stray.sort();
  return [
    bad(
      `Jobs are in no state of the queue, so nobody sees or runs them (${stray.length}: ` +
        `${
          named(stray)
        }), as after a loss of data: restore the server's data, or add their tasks ` +
        `anew and remove their keys, such as ${server.keys.job(stray[0] ?? "")}`,
    ),
  ];
}

async function isJob(
  { redis, keys }: { readonly redis: RedisConnection; readonly keys: RedisKeys },
  job_id: string,
): Promise<boolean> {
  return await redis.ask((client) => client.type(keys.job(job_id))) === "hash";
}
