/** Reading tasks without holding them. */
import { jobIdsOf, taskIdOf } from "../../redis/job_id.ts";
import { isId } from "../../task/id.ts";
import { type ParsedRecord, parseRecordText } from "../../task/parse_record.ts";
import type { Task, TaskRecord, TaskState } from "../../task/record.ts";
import { isHonoured } from "../staged_ending.ts";
import { unreadable } from "../unreadable.ts";
import type { BullmqContext } from "./context.ts";
import { taskStateOf } from "./job_state.ts";
import { jobTime } from "./job_time.ts";
import { LOOK } from "./scripts/look.ts";

/** A job as it is at one instant. */
export interface SeenJob {
  readonly job_id: string;
  /** Where it lies: a staged ending's is still `running`. */
  readonly state: TaskState;
  readonly data: string;
  /** When it was made, milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Looks at several jobs at one instant; those that are in no state are left out. */
export async function lookAt(
  { redis, keys }: Pick<BullmqContext, "redis" | "keys">,
  job_ids: readonly string[],
): Promise<SeenJob[]> {
  if (job_ids.length === 0) return [];
  const answer = await redis.ask((client) =>
    LOOK.run(client, [keys.state("")], job_ids)
  ) as string[];
  return job_ids.flatMap((job_id, i) => {
    const [name = "", data = "", timestamp = ""] = answer.slice(3 * i, 3 * i + 3);
    const state = taskStateOf(name);
    return state === undefined ? [] : { job_id, state, data, timestamp: jobTime(timestamp) };
  });
}

/** The job of a task, wherever it is. */
export async function findJob(
  context: Pick<BullmqContext, "redis" | "keys">,
  id: string,
): Promise<SeenJob | undefined> {
  if (!isId(id)) return undefined;
  const [job] = await lookAt(context, jobIdsOf(id));
  return job;
}

/** What a job's data says. */
export function parseJob({ job_id, state, data, timestamp }: SeenJob): ParsedRecord {
  return parseRecordText(taskIdOf(job_id), data, timestamp, state);
}

/**
 * The record of a job that is to be changed.
 *
 * @param what what is to be done with it, such as `retried`
 * @throws when it cannot be read
 */
export function recordToChange(job: SeenJob, what: string): TaskRecord {
  const parsed = parseJob(job);
  if (parsed.kind === "task") return parsed.record;
  const reason = parsed.kind === "newer"
    ? `its version ${parsed.version} is newer than this program`
    : parsed.message;
  const id = taskIdOf(job.job_id);
  throw new Error(`task "${id}" cannot be ${what}: ${reason}; it is left as it is`);
}

/** The task that a job is. A staged ending is decided: it counts as its target. */
export function asTask(job: SeenJob): Task {
  const { job_id, state } = job;
  const parsed = parseJob(job);
  if (parsed.kind !== "task") return { state, record: unreadable(taskIdOf(job_id), parsed) };
  const { record } = parsed;
  const to = state === "running" && isHonoured(record) ? record.staged?.to : undefined;
  return { state: to ?? state, record };
}
