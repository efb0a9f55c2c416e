/** The job of a task that moves to a Redis server, put into BullMQ's state for it. */
import { jobIdOf } from "../redis/job_id.ts";
import { addJob, priorityOf } from "../queue/bullmq/enqueue.ts";
import { cutAtBreak } from "../task/cut_at_break.ts";
import { MAX_MESSAGE_LENGTH } from "../task/notification.ts";
import type { TaskRecord } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import type { RedisPlace } from "./redis_place.ts";
import { PLACE_JOB } from "./scripts/place_job.ts";
import type { Bundle } from "./task_store.ts";

/**
 * Puts it there in one step: a process that died between BullMQ's add, fetch and end would leave a
 * task that has ended as one that waits to be run.
 *
 * @returns false where another job of that id is there
 */
export async function placeJob(server: RedisPlace, bundle: Bundle): Promise<boolean> {
  const { id, state, record } = bundle;
  const { redis, keys } = server;
  const job_id = jobIdOf(id);
  const data = JSON.stringify(bundle.fields);
  if (state === "pending") {
    if (isBetweenAttempts(record, server.now())) {
      await redis.ask((client) => client.sadd(keys.retrying, job_id));
    }
    const mark = crypto.randomUUID();
    if (!await redis.ask((client) => addJob(server, client, record, mark, data))) return false;
    await redis.ask((client) => client.hdel(keys.in_transit, id));
    return true;
  }
  const args = [job_id, state === "running" ? "active" : state, data, ...factsOf(bundle), id];
  const answer = await redis.ask((client) =>
    PLACE_JOB.run(client, [keys.state(""), keys.in_transit], args)
  );
  return answer === "OK";
}

function isBetweenAttempts({ retry_at, finished_at }: TaskRecord, now: number): boolean {
  return retry_at !== undefined && finished_at === undefined && parseTime(retry_at) > now;
}

/** Name, options, timestamp, priority, begin, end, and the result with its field's name. */
function factsOf({ state, record }: Bundle): (string | number)[] {
  const { title, created_at, started_at = created_at, finished_at = started_at } = record;
  const priority = priorityOf(record);
  const result = state === "completed"
    ? ["returnvalue", JSON.stringify(cutAtBreak(record.result ?? "", MAX_MESSAGE_LENGTH))]
    : ["failedReason", record.error?.message ?? ""];
  return [
    title || "task",
    JSON.stringify({ priority, attempts: 1 }),
    ...[created_at, priority, started_at, finished_at].map((fact) =>
      typeof fact === "number" ? fact : parseTime(fact)
    ),
    ...result,
  ];
}
