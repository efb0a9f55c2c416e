/** Jobs of tasks that move from a Redis server or to one: out of and into BullMQ's states. */
import { jobIdOf, jobIdsOf, taskIdOf } from "../../redis/job_id.ts";
import { cutAtBreak } from "../../task/cut_at_break.ts";
import { MAX_MESSAGE_LENGTH } from "../../task/notification.ts";
import type { TaskRecord, TaskState } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import type { BullmqContext } from "./context.ts";
import { addJob, priorityOf } from "./enqueue.ts";
import { LISTS, taskStateOf, WAITING } from "./job_state.ts";
import { jobTime } from "./job_time.ts";
import { PLACE_JOB } from "./scripts/place_job.ts";
import { READ_JOB } from "./scripts/read_job.ts";
import { REMOVE_JOB } from "./scripts/remove_job.ts";

type Room = Pick<BullmqContext, "keys" | "backend" | "now"> & {
  readonly redis: Pick<BullmqContext["redis"], "ask">;
};

/** A job as it is at one instant. */
export interface FoundJob {
  readonly job_id: string;
  /** BullMQ's word for it. */
  readonly place: string;
  readonly state: TaskState;
  readonly data: string;
  readonly sha1: string;
  /** When it was made, milliseconds since the epoch. */
  readonly timestamp: number;
  /** Until when it is delayed, milliseconds since the epoch; absent where it is not. */
  readonly due?: number;
  /** Somebody's lock lasts for so long, in milliseconds. */
  readonly locked_ms?: number;
}

/** A task that is to have a job. */
export interface MovedTask {
  readonly id: string;
  readonly state: TaskState;
  readonly record: TaskRecord;
  /** What BullMQ is to keep of the record. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** BullMQ keeps twelve bits of order below the millisecond. */
const DELAY_STEP = 4096;
/** So many ids are asked for at once. */
const IDS = 10_000;

/** The ids of all tasks, each once: those that wait in the order in which they would be taken. */
export async function allIds(room: Pick<Room, "redis" | "keys">): Promise<string[]> {
  const ids = new Set<string>();
  for (const place of [...WAITING, "active", "completed", "failed"]) {
    for (const job_id of await jobIdsIn(room, place)) ids.add(taskIdOf(job_id));
  }
  return [...ids];
}

async function jobIdsIn({ redis, keys }: Pick<Room, "redis" | "keys">, place: string) {
  const key = keys.state(place);
  const found: string[] = [];
  for (let from = 0;; from += IDS) {
    const to = from + IDS - 1;
    const next = await redis.ask((client) =>
      LISTS.has(place) ? client.lrange(key, from, to) : client.zrange(key, from, to)
    );
    found.push(...next);
    if (next.length < IDS) return LISTS.has(place) ? found.reverse() : found;
  }
}

/** The job of a task, wherever it is. */
export async function readJob(
  { redis, keys }: Pick<Room, "redis" | "keys">,
  id: string,
): Promise<FoundJob | undefined> {
  const answer = await redis.ask((client) =>
    READ_JOB.run(client, [keys.state("")], jobIdsOf(id))
  ) as string[];
  const [job_id, place = "", data = "", sha1 = "", timestamp = "", score = "", lock = ""] = answer;
  const state = taskStateOf(place);
  if (job_id === undefined || state === undefined) return undefined;
  return {
    job_id,
    place,
    state,
    data,
    sha1,
    timestamp: jobTime(timestamp),
    ...(score === "" ? {} : { due: Math.floor(Number(score) / DELAY_STEP) }),
    ...(lock === "" ? {} : { locked_ms: Number(lock) }),
  };
}

/**
 * Removes a job with all that belongs to its task, in one step.
 *
 * @param parts the keys that are the task's alone
 * @returns false where it is not what was read, or somebody holds it: nothing was removed then
 */
export async function removeJob(
  { redis, keys }: Pick<Room, "redis" | "keys">,
  { job_id, place, sha1 }: FoundJob,
  { conversation_id, notifications, parts }: {
    readonly conversation_id: string;
    readonly notifications: readonly string[];
    readonly parts: readonly string[];
  },
): Promise<boolean> {
  const told = [keys.unread(conversation_id), keys.told(conversation_id)];
  const at = [keys.state(""), ...told, keys.retrying, ...parts];
  const args = [job_id, place, sha1, ...notifications];
  return await redis.ask((client) => REMOVE_JOB.run(client, at, args)) === "OK";
}

/**
 * Puts it there in one step: a process that died between BullMQ's add, fetch and end would leave a
 * task that has ended as one that waits to be run.
 *
 * @returns false where another job of that id is there
 */
export async function placeJob(room: Room, task: MovedTask): Promise<boolean> {
  const { id, state, record } = task;
  const { redis, keys } = room;
  const job_id = jobIdOf(id);
  const data = JSON.stringify(task.fields);
  if (state === "pending") {
    if (isBetweenAttempts(record, room.now())) {
      await redis.ask((client) => client.sadd(keys.retrying, job_id));
    }
    const mark = crypto.randomUUID();
    if (!await redis.ask((client) => addJob(room, client, record, mark, data))) return false;
    await redis.ask((client) => client.hdel(keys.in_transit, id));
    return true;
  }
  const args = [job_id, state === "running" ? "active" : state, data, ...factsOf(task), id];
  const answer = await redis.ask((client) =>
    PLACE_JOB.run(client, [keys.state(""), keys.in_transit], args)
  );
  return answer === "OK";
}

function isBetweenAttempts({ retry_at, finished_at }: TaskRecord, now: number): boolean {
  return retry_at !== undefined && finished_at === undefined && parseTime(retry_at) > now;
}

/** Name, options, timestamp, priority, begin, end, and the result with its field's name. */
function factsOf({ state, record }: MovedTask): (string | number)[] {
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
