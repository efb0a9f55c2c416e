/** How a job that is held leaves the active state: for the runner, the canceller and recovery. */
import type { MinimalJob } from "bullmq";
import type { RedisClient } from "../../redis/redis_client.ts";
import type { ScriptArgument } from "../../redis/script.ts";
import { cutAtBreak } from "../../task/cut_at_break.ts";
import { MAX_MESSAGE_LENGTH, notificationOf } from "../../task/notification.ts";
import type { TaskRecord, TaskState, TerminalState } from "../../task/record.ts";
import { isTerminal, isTransition } from "../../task/state_machine.ts";
import { dueAt } from "../../task/transitions.ts";
import { LeaseLost } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import type { Lease } from "./lease.ts";
import { lookAt } from "./read_tasks.ts";
import { DELAY, FINISH, PUT_BACK } from "./scripts/end.ts";

export interface SettleOptions {
  /** The data that came is kept beside the record. */
  readonly keepOriginal?: boolean;
}

/** What BullMQ answers where the job or its lock is gone or another's, or the job is not active. */
const NOT_HELD: ReadonlySet<number> = new Set([-1, -2, -3, -6]);

/** An ending as it is sent. */
interface Ending {
  readonly lease: Lease;
  readonly record: TaskRecord;
  readonly to: TaskState;
  readonly data: string;
  /** Under which the job leaves, and the next one may come. */
  readonly token: string;
}

/**
 * Ends a held job as its staged record says, or puts it back: record, notification and BullMQ's move
 * in one step, which may be repeated. The lease is given back with it.
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
  const following = isTerminal(ending.to) ? context.next.ask(ending.token) : undefined;
  let answer: unknown;
  try {
    answer = await context.redis.ask((client) =>
      run(context, client, ending, options, following?.isWanted ?? false)
    );
  } finally {
    following?.end(answer);
  }
  if (answer === "CANCELLED") return false;
  const isRefused = answer === "LOST" || typeof answer === "number" && answer < 0;
  // The client sends a command again whose answer was lost with the connection: that it was done
  // before looks like a refusal then.
  if (!isRefused || await isThere(context, ending)) return true;
  const { id } = ending.record;
  if (answer === "LOST" || NOT_HELD.has(Number(answer))) throw new LeaseLost(id);
  throw new Error(`BullMQ refuses to end task ${id} (code ${answer})`);
}

function run(
  context: BullmqContext,
  client: RedisClient,
  ending: Ending,
  options: SettleOptions,
  isNextWanted: boolean,
): Promise<unknown> {
  const { move, args } = moveOf(context, ending, isNextWanted);
  const own = decisionOf(context, ending, options);
  return move.script.run(
    client,
    [...args.slice(0, move.keys).map(String), ...own.keys],
    [...args.slice(move.keys) as ScriptArgument[], ...own.args],
  );
}

/** BullMQ's script for a move, with its keys and arguments. */
function moveOf(
  { backend, now }: BullmqContext,
  { lease: { job_id }, record, to, token }: Ending,
  isNextWanted: boolean,
) {
  // All that BullMQ reads of a job that ends.
  const job = { id: job_id, opts: { attempts: 1 } } as unknown as MinimalJob;
  if (to === "completed") {
    // Its log of events carries the text too, ten thousand of them.
    const result = JSON.stringify(cut(record.result));
    const args = backend.moveToCompletedArgs(job, result, false, token, isNextWanted);
    return { move: FINISH, args };
  }
  if (to === "failed") {
    const reason = cut(record.error?.message);
    return {
      move: FINISH,
      args: backend.moveToFailedArgs(job, reason, false, token, isNextWanted),
    };
  }
  const wait = dueAt(record) - now();
  // This one wakes a service that waits, BullMQ's moveJobFromActiveToWait does not.
  if (wait <= 0) return { move: PUT_BACK, args: backend.retryJobArgs(job_id, false, token) };
  const options = { skipAttempt: true };
  return { move: DELAY, args: backend.moveToDelayedArgs(job_id, now(), token, wait, options) };
}

/** What is written with it. */
function decisionOf(
  { keys, now }: BullmqContext,
  { lease, record, to, data, token }: Ending,
  { keepOriginal = false }: SettleOptions,
) {
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
  return {
    keys: [
      keys.job(job_id),
      keys.cancel(task_id),
      keys.unread(conversation),
      keys.told(conversation),
      keys.retrying,
      keys.original(task_id),
    ],
    args: [
      lease.token,
      token,
      data,
      what,
      job_id,
      ...(tells ? told(record, to) : [record.incarnation ?? "", record.run ?? 0]),
    ],
  };
}

function told(record: TaskRecord, to: TerminalState): [id: string, json: string] {
  const notification = notificationOf(record, to);
  return [notification.id, JSON.stringify(notification)];
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
