/** Removing ended tasks, each with all that belongs to it in one step. */
import { notificationIds } from "../../task/notification.ts";
import type { Task } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { parseTime } from "../../task/time.ts";
import type { PruneOptions, PruneRefusal } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import { asTask, findJob, recordToChange, type SeenJob } from "./read_tasks.ts";
import { PRUNE } from "./scripts/prune.ts";

/** A task that moves is looked for again so often. */
const ROUNDS = 5;
const ROUND_PAUSE_MS = 15;

export async function pruneTask(
  context: BullmqContext,
  id: string,
  options: PruneOptions,
): Promise<{ ok: true; task: Task } | PruneRefusal> {
  const before = context.losses();
  for (let round = 1;; round++) {
    const job = await findJob(context, id);
    if (job === undefined) return { ok: false, reason: "unknown" };
    const task = asTask(job);
    if (!isTerminal(task.state)) return { ok: false, reason: "wrong_state", task };
    recordToChange(job, "pruned");
    if (isTooYoung(task, options)) return { ok: false, reason: "too_young", task };
    const answer = await remove(context, job, task, options.unread ?? false);
    if (answer === "pruned") return { ok: true, task };
    if (answer === "unread") return { ok: false, reason: "unread", task };
    // The client repeats what was lost with a connection, and meets what it has done.
    if (context.losses() !== before && await findJob(context, id) === undefined) {
      return { ok: true, task };
    }
    if (round === ROUNDS) return { ok: false, reason: "held", task };
    await context.sleep(ROUND_PAUSE_MS);
  }
}

// One that does not say when it ended stays too.
function isTooYoung({ record }: Task, { ended_before }: PruneOptions): boolean {
  if (ended_before === undefined) return false;
  const ended = record.finished_at === undefined ? NaN : parseTime(record.finished_at);
  return !(ended < ended_before);
}

async function remove(
  { redis, keys }: BullmqContext,
  { job_id, data }: SeenJob,
  { record }: Task,
  unread: boolean,
): Promise<unknown> {
  const conversation = record.conversation_id ?? "";
  const at = [
    keys.state(""),
    keys.unread(conversation),
    keys.told(conversation),
    keys.retrying,
    keys.journal(record.id),
    keys.artifacts(record.id),
    keys.cancel(record.id),
    keys.original(record.id),
  ];
  const args = [job_id, data, unread ? "1" : "", ...notificationIds(record)];
  return await redis.ask((client) => PRUNE.run(client, at, args));
}
