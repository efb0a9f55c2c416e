/** Reading tasks without holding them. */
import { jobIdsOf, taskIdOf } from "../../redis/job_id.ts";
import { isId } from "../../task/id.ts";
import { parseRecordText } from "../../task/parse_record.ts";
import type { Task, TaskState } from "../../task/record.ts";
import { isHonoured } from "../staged_ending.ts";
import { unreadable } from "../unreadable.ts";
import type { BullmqContext } from "./context.ts";
import { taskStateOf } from "./job_state.ts";
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
  { connection, keys }: Pick<BullmqContext, "connection" | "keys">,
  job_ids: readonly string[],
): Promise<SeenJob[]> {
  if (job_ids.length === 0) return [];
  const answer = await LOOK.run(connection.client, [keys.state("")], job_ids) as string[];
  return job_ids.flatMap((job_id, i) => {
    const [name = "", data = "", timestamp = ""] = answer.slice(3 * i, 3 * i + 3);
    const state = taskStateOf(name);
    return state === undefined ? [] : { job_id, state, data, timestamp: Number(timestamp) || 0 };
  });
}

/** The job of a task, wherever it is. */
export async function findJob(
  context: Pick<BullmqContext, "connection" | "keys">,
  id: string,
): Promise<SeenJob | undefined> {
  if (!isId(id)) return undefined;
  const [job] = await lookAt(context, jobIdsOf(id));
  return job;
}

/** The task that a job is. A staged ending is decided: it counts as its target. */
export function asTask({ job_id, state, data, timestamp }: SeenJob): Task {
  const id = taskIdOf(job_id);
  const parsed = parseRecordText(id, data, timestamp, state);
  if (parsed.kind !== "task") return { state, record: unreadable(id, parsed) };
  const { record } = parsed;
  const to = state === "running" && isHonoured(record) ? record.staged?.to : undefined;
  return { state: to ?? state, record };
}
