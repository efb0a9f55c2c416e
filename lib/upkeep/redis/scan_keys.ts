/** One look through the keys of a server, bounded in time. */
import { RESERVED_NAMES } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import { isId } from "../../task/id.ts";

/** So many keys a step; the server serves others in between. */
const STEP = 1_000;
/** Looking through the keys of a server takes no longer than this, in milliseconds. */
const PATIENCE_MS = 5_000;

export interface ScannedKeys {
  /** The ids of the tasks to which keys belong that are no jobs. */
  readonly owners: ReadonlySet<string>;
  /** The ids of jobs, and perhaps of what only looks like one. */
  readonly jobs: ReadonlySet<string>;
  /** Whether every key was looked at. */
  readonly isAll: boolean;
}

export async function scanKeys(client: RedisClient, keys: RedisKeys): Promise<ScannedKeys> {
  const owners = new Set<string>();
  const jobs = new Set<string>();
  const deadline = performance.now() + PATIENCE_MS;
  for (const node of "nodes" in client ? client.nodes("master") : [client]) {
    let cursor = "0";
    do {
      if (performance.now() > deadline) return { owners, jobs, isAll: false };
      const [next, found] = await node.scan(cursor, "MATCH", `${keys.prefix}:*`, "COUNT", STEP);
      for (const key of found) {
        const owner = ownerIn(key, keys);
        if (owner !== undefined) owners.add(owner);
        const job_id = jobIn(key, keys);
        if (job_id !== undefined) jobs.add(job_id);
      }
      cursor = next;
    } while (cursor !== "0");
  }
  return { owners, jobs, isAll: true };
}

function ownerIn(key: string, keys: RedisKeys): string | undefined {
  const starts = [keys.journal(""), keys.artifacts(""), keys.cancel(""), keys.original("")];
  const start = starts.find((each) => key.startsWith(each));
  const id = key.slice(start?.length);
  return start !== undefined && isId(id) ? id : undefined;
}

// What has a colon is a part of a job, or another of BullMQ's own keys.
function jobIn(key: string, keys: RedisKeys): string | undefined {
  const start = keys.job("");
  if (!key.startsWith(start)) return undefined;
  const id = key.slice(start.length);
  return id.includes(":") || RESERVED_NAMES.includes(id) ? undefined : id;
}
