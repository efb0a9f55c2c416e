/** How a job that is held leaves the active state: for the runner, the canceller and recovery. */
import type { MinimalJob } from "bullmq";
import { cutAtBreak } from "../../task/cut_at_break.ts";
import { MAX_MESSAGE_LENGTH, notificationOf } from "../../task/notification.ts";
import type { TaskRecord, TaskState, TerminalState } from "../../task/record.ts";
import { isTerminal, isTransition } from "../../task/state_machine.ts";
import { dueAt } from "../../task/transitions.ts";
import { LeaseLost } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { lookAt } from "./read_tasks.ts";
import { STAGE } from "./scripts/stage.ts";

export interface SettleOptions {
  /** The data that came is kept beside the record. */
  readonly keepOriginal?: boolean;
}

/** An ending as it is sent. */
interface Ending {
  readonly lease: Lease;
  readonly record: TaskRecord;
  readonly to: TaskState;
  readonly data: string;
  /** Under which the job is held once its ending is written. */
  readonly token: string;
}

/**
 * Ends a held job as its staged record says, or puts it back: record and notification in one step,
 * then BullMQ's move. Every step may be repeated. The lease is given back with the move.
 *
 * @returns false where a cancel request forbids the put-back: nothing was written
 * @throws {LeaseLost} when the job is not held any more
 */
export async function settle(
  context: BullmqContext,
  lease: Lease,
  record: TaskRecord,
  options: SettleOptions = {},
): Promise<boolean> {
  const to = record.staged?.to;
  if (to === undefined) throw new Error(`task "${record.id}" is not staged`);
  if (!isTransition("running", to)) throw new Error(`no task goes from running to ${to}`);
  const { leases } = context;
  const token = lease.lastToken ??= leases.newToken();
  const ending = { lease, record, to, data: JSON.stringify(record), token };
  lease.isEnding = true;
  try {
    if (!await send(context, ending, options)) return false;
    leases.remove(lease);
    return true;
  } finally {
    lease.isEnding = false;
  }
}

async function send(
  context: BullmqContext,
  ending: Ending,
  options: SettleOptions,
): Promise<boolean> {
  const { lease, record } = ending;
  const [staged, moved] = await context.redis.ask(async () => {
    const both = await Promise.allSettled([stage(context, ending, options), move(context, ending)]);
    // What the connection swallowed is asked again, whichever of the two it was.
    for (const each of both) {
      if (each.status === "rejected" && !isRefusal(each.reason)) throw each.reason;
    }
    return both;
  });
  const answer = staged.status === "fulfilled" ? staged.value : undefined;
  if (answer === "CANCELLED") return false;
  if (answer === "OK" && moved.status === "fulfilled") return true;
  // The client sends a command again whose answer was lost with the connection: that it was done
  // before looks like a refusal then.
  if (await isThere(context, ending)) return true;
  if (answer !== "OK") throw new LeaseLost(record.id);
  // In a cluster that is changing the second of two commands can come first.
  return await moveAgain(context, ending);
}

async function moveAgain(context: BullmqContext, ending: Ending): Promise<true> {
  try {
    await context.redis.ask(() => move(context, ending));
    return true;
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    if (await isThere(context, ending)) return true;
    throw new LeaseLost(ending.record.id, { cause });
  }
}

function stage(
  { redis, keys, now }: BullmqContext,
  { lease, record, to, data, token }: Ending,
  { keepOriginal = false }: SettleOptions,
): Promise<unknown> {
  const { job_id, task_id } = lease;
  // What is no valid task may name no conversation to tell.
  const conversation = record.conversation_id ?? "";
  const tells = isTerminal(to) && conversation !== "";
  const what = [
    tells ? "tell" : "",
    to === "pending" ? "back" : "",
    to === "pending" && dueAt(record) > now() ? "later" : "",
    keepOriginal ? "keep" : "",
  ].join(" ");
  const at = [
    keys.job(job_id),
    keys.cancel(task_id),
    keys.unread(conversation),
    keys.told(conversation),
    keys.retrying,
    keys.original(task_id),
  ];
  return STAGE.run(redis.client, at, [
    lease.token,
    token,
    data,
    what,
    job_id,
    ...(tells ? told(record, to) : [record.incarnation ?? "", record.run ?? 0]),
  ]);
}

function told(record: TaskRecord, to: TerminalState): [id: string, json: string] {
  const notification = notificationOf(record, to);
  return [notification.id, JSON.stringify(notification)];
}

async function move(
  { backend, next, now }: BullmqContext,
  { lease: { job_id }, record, to, token }: Ending,
): Promise<void> {
  // All that BullMQ reads of a job that ends.
  const job = { id: job_id, opts: { attempts: 1 } } as unknown as MinimalJob;
  if (to === "pending" || to === "running") {
    const wait = dueAt(record) - now();
    const options = { skipAttempt: true };
    if (wait > 0) await backend.moveToDelayed(job_id, now(), wait, token, options);
    // This one wakes a service that waits, moveJobFromActiveToWait does not.
    else await backend.retryJob(job_id, false, token);
    return;
  }
  const following = next.ask(token);
  let answer;
  try {
    const { isWanted } = following;
    answer = to === "completed"
      // Its log of events carries the text too, ten thousand of them.
      ? await backend.moveToCompleted(job, cut(record.result), false, token, isWanted)
      : await backend.moveToFailed(job, cut(record.error?.message), false, token, isWanted);
  } finally {
    following.end(answer?.result);
  }
}

function cut(text = ""): string {
  return cutAtBreak(text, MAX_MESSAGE_LENGTH);
}

/** Whether BullMQ itself refused a move: the job is not in the state, or the lock not ours. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number" &&
    error.code < 0;
}

async function isThere(context: BullmqContext, { lease, to, data }: Ending): Promise<boolean> {
  const [job] = await lookAt(context, [lease.job_id]);
  return job?.state === to && job.data === data;
}
