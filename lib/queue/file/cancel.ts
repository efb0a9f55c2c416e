/** Ending a task early, whatever state it is in: see ARCHITECTURE.md, step 10. */
import { isTerminal } from "../../task/state_machine.ts";
import { CANCELLED } from "../cancelled.ts";
import type { ClaimedTask, Refusal, Task } from "../task_queue.ts";
import { dropCancelRequest, requestCancel } from "./cancel_requests.ts";
import { claimPending } from "./claim.ts";
import type { EngineContext } from "./context.ts";
import type { HeldFile } from "./held_file.ts";
import { findTask } from "./lookup.ts";
import { type Orphan, takeOver } from "./recover.ts";
import type { ClaimedRecord } from "../../task/transitions.ts";

const ROUND_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;

/**
 * Repeats until the task has ended, however it moves meanwhile.
 *
 * @param adopt makes a claimed task of a file that is held
 */
export async function cancelTask(
  context: EngineContext,
  id: string,
  adopt: (held: HeldFile, record: ClaimedRecord) => ClaimedTask,
  signal?: AbortSignal,
): Promise<{ ok: true; task: Task } | Refusal> {
  for (let round = 0;; round++) {
    const task = await findTask(context, id);
    if (task === undefined) return { ok: false, reason: "unknown" };
    if (isTerminal(task.state)) {
      if (round === 0) return { ok: false, reason: "wrong_state", task };
      await dropCancelRequest(context, id);
      return { ok: true, task };
    }
    signal?.throwIfAborted();
    const claimed = await getHold(context, task);
    if (claimed === undefined) {
      await context.sleep(Math.min(ROUND_PAUSE_MS * (round + 1), MAX_PAUSE_MS), signal);
    } else await endCancelled(adopt(claimed.held, claimed.record));
  }
}

async function endCancelled(task: ClaimedTask): Promise<void> {
  try {
    await task.finish({ kind: "failed", error: CANCELLED });
  } catch (error) {
    task.abandon();
    throw error;
  }
}

async function getHold(context: EngineContext, task: Task): Promise<Orphan | undefined> {
  const { id } = task.record;
  if (task.state === "pending") {
    const result = await claimPending(context, id, { early: true });
    if (result.kind === "claimed") return result;
    if (result.kind === "left") throw leftAlone(id, result.reason);
    // On its way back, it may still lie in running/, and nobody be there to move it on.
    if (result.kind !== "gone") return undefined;
  }
  return await interrupt(context, task);
}

// Asks the owner to stop; where there is none any more, takes its place.
async function interrupt(
  context: EngineContext,
  { state, record }: Task,
): Promise<Orphan | undefined> {
  const result = await takeOver(context, record.id);
  if (result.kind === "left") throw leftAlone(record.id, result.reason);
  if (result.kind !== "held") return result.kind === "orphan" ? result.orphan : undefined;
  const { incarnation, run } = record;
  // Just claimed: its run has no name yet. The next round finds it.
  if (state !== "running" || incarnation === undefined || run === undefined) return undefined;
  if (record.finished_at !== undefined) return undefined;
  await requestCancel(context, record.id, { incarnation, run });
  return undefined;
}

function leftAlone(id: string, reason: string): Error {
  return new Error(`task "${id}" cannot be cancelled: ${reason}; it is left as it is`);
}
