/** Ending a task early, whatever state it is in. */
import { isTerminal } from "../../task/state_machine.ts";
import { CANCELLED } from "../cancelled.ts";
import type { Refusal, Task } from "../task_queue.ts";
import { type Orphan, takeOver } from "./adopt_jobs.ts";
import type { CancelRequest } from "./cancel_request.ts";
import { BullmqClaimedTask } from "./claimed_task.ts";
import type { BullmqContext } from "./context.ts";
import { asTask, findJob, type SeenJob } from "./read_tasks.ts";
import { REQUEST_CANCEL } from "./scripts/request_cancel.ts";

const ROUND_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;

/** Repeats until the task has ended, however it moves meanwhile. */
export async function cancelTask(
  context: BullmqContext,
  id: string,
  signal?: AbortSignal,
): Promise<{ ok: true; task: Task } | Refusal> {
  for (let round = 0;; round++) {
    const job = await findJob(context, id);
    if (job === undefined) return { ok: false, reason: "unknown" };
    const task = asTask(job);
    if (isTerminal(task.state)) {
      return round === 0 ? { ok: false, reason: "wrong_state", task } : { ok: true, task };
    }
    signal?.throwIfAborted();
    const taken = await getHold(context, job, task);
    if (taken !== undefined) await endCancelled(context, taken);
    else await context.sleep(Math.min(ROUND_PAUSE_MS * (round + 1), MAX_PAUSE_MS), signal);
  }
}

async function endCancelled(context: BullmqContext, { lease, record }: Orphan): Promise<void> {
  const task = new BullmqClaimedTask(context, lease, record);
  try {
    await task.finish({ kind: "failed", error: CANCELLED });
  } catch (error) {
    task.abandon();
    throw error;
  }
}

// Asks the owner to stop; where there is none, takes its place.
async function getHold(
  context: BullmqContext,
  { job_id }: SeenJob,
  { state, record }: Task,
): Promise<Orphan | undefined> {
  const result = await takeOver(context, job_id);
  if (result.kind === "taken") return result.orphan;
  if (result.kind === "gone" || state !== "running") return undefined;
  const { incarnation, run, finished_at } = record;
  // Just claimed: its run has no name yet. The next round finds it.
  if (incarnation === undefined || run === undefined || finished_at !== undefined) return undefined;
  await requestCancel(context, job_id, record.id, { incarnation, run });
  return undefined;
}

async function requestCancel(
  { redis, keys }: BullmqContext,
  job_id: string,
  id: string,
  request: CancelRequest,
): Promise<void> {
  const at = [keys.state("active"), keys.lock(job_id), keys.cancel(id)];
  const args = [job_id, JSON.stringify(request), keys.channels.cancels, id];
  await redis.ask((client) => REQUEST_CANCEL.run(client, at, args));
}
