/** How a job that is held leaves the active state: for the runner, the canceller and recovery. */
import type { MinimalJob } from "bullmq";
import { cutAtBreak } from "../../task/cut_at_break.ts";
import { MAX_MESSAGE_LENGTH, notificationOf } from "../../task/notification.ts";
import type { TaskRecord, TaskState } from "../../task/record.ts";
import { isTerminal, isTransition } from "../../task/state_machine.ts";
import { dueAt } from "../../task/transitions.ts";
import { LeaseLost } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { lookAt } from "./read_tasks.ts";
import { STAGE } from "./scripts/stage.ts";

/**
 * Ends a held job as its staged record says, or puts it back: record and notification in one step,
 * then BullMQ's move. Every step may be repeated. The lease is given back with the move.
 *
 * @param options.keepOriginal the data that came is kept beside the record
 * @returns false where a cancel request forbids the put-back: nothing was written
 * @throws {LeaseLost} when the job is not held any more
 */
export async function settle(
  context: BullmqContext,
  lease: Lease,
  record: TaskRecord,
  options: { readonly keepOriginal?: boolean } = {},
): Promise<boolean> {
  const to = record.staged?.to;
  if (to === undefined) throw new Error(`task "${record.id}" is not staged`);
  if (!isTransition("running", to)) throw new Error(`no task goes from running to ${to}`);
  const data = JSON.stringify(record);
  const answer = await stage(context, lease, record, data, options.keepOriginal ?? false);
  if (answer === "CANCELLED") return false;
  if (answer === "LOST") {
    if (!await isThere(context, lease, data, to)) throw new LeaseLost(record.id);
  } else await move(context, lease, record, data);
  context.leases.remove(lease);
  return true;
}

function stage(
  { connection, keys, now }: BullmqContext,
  { job_id, task_id, token }: Lease,
  record: TaskRecord,
  data: string,
  keepOriginal: boolean,
): Promise<unknown> {
  const to = record.staged?.to;
  // What is no valid task may name no conversation to tell.
  const conversation = record.conversation_id ?? "";
  const notification = to !== undefined && isTerminal(to) && conversation !== ""
    ? notificationOf(record, to)
    : undefined;
  const waits = to === "pending" && dueAt(record) > now();
  const at = [
    keys.job(job_id),
    keys.lock(job_id),
    keys.told(conversation),
    keys.unread(conversation),
    keys.cancel(task_id),
    keys.retrying,
    keys.original(task_id),
  ];
  const args = [
    token,
    job_id,
    data,
    to ?? "",
    notification?.id ?? "",
    notification === undefined ? "" : JSON.stringify(notification),
    record.incarnation ?? "",
    record.run ?? 0,
    waits ? "1" : "",
    keepOriginal ? "1" : "",
  ];
  return connection.ask((client) => STAGE.run(client, at, args));
}

async function move(
  context: BullmqContext,
  lease: Lease,
  record: TaskRecord,
  data: string,
): Promise<void> {
  const to = record.staged?.to ?? "failed";
  lease.isEnding = true;
  try {
    await moveTo(context, lease, record, to);
  } catch (error) {
    lease.isEnding = false;
    // The client sends a command again whose answer was lost with the connection: that it was done
    // before looks like an error then.
    if (!isRefusal(error)) throw error;
    if (!await isThere(context, lease, data, to)) throw new LeaseLost(record.id, { cause: error });
  }
}

async function moveTo(
  { backend, connection, now }: BullmqContext,
  { job_id, token }: Lease,
  record: TaskRecord,
  to: TaskState,
): Promise<void> {
  // All that BullMQ reads of a job that ends.
  const job = { id: job_id, opts: { attempts: 1 } } as unknown as MinimalJob;
  if (to === "completed") {
    // Its log of events carries the text too, ten thousand of them.
    const result = cutAtBreak(record.result ?? "", MAX_MESSAGE_LENGTH);
    await connection.ask(() => backend.moveToCompleted(job, result, false, token, false));
  } else if (to === "failed") {
    const reason = record.error?.message ?? "";
    await connection.ask(() => backend.moveToFailed(job, reason, false, token, false));
  } else {
    const wait = dueAt(record) - now();
    await connection.ask(() =>
      wait > 0
        ? backend.moveToDelayed(job_id, now(), wait, token, { skipAttempt: true })
        // This one wakes a service that waits, moveJobFromActiveToWait does not.
        : backend.retryJob(job_id, false, token)
    );
  }
}

/** Whether BullMQ itself refused a move: the job is not in the state, or the lock not ours. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number" &&
    error.code < 0;
}

async function isThere(
  context: BullmqContext,
  { job_id }: Lease,
  data: string,
  to: TaskState,
): Promise<boolean> {
  const [job] = await lookAt(context, [job_id]);
  return job?.state === to && job.data === data;
}
