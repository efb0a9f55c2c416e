/**
 * The queue in the queue's own words. Engines: files (lib/queue/file/), BullMQ (lib/queue/bullmq/).
 *
 * What every engine owes: a task is in exactly one state at any time; what `enqueue` and `finish`
 * have answered survives a crash; two owners never hold one task at once; a terminal state is left
 * only by `retry` and `prune`. Both engines pass the shared suite in tests/lib/queue/queue_contract.ts.
 */
import type { Task, TaskRecord, TaskRequest, TaskState } from "../task/record.ts";
import type { ClaimedRecord, Ending } from "../task/transitions.ts";

/** What `enqueue` answers. `created` is false where the id existed: then nothing was changed. */
export interface Enqueued {
  readonly id: string;
  readonly state: TaskState;
  readonly created: boolean;
}

/**
 * Which tasks are meant; what is absent does not matter. When a task was made is the time in its id
 * where that is a ULID, else `created_at`.
 */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly conversation_id?: string;
  /** Failed, with one of these codes; a cancelled one has the code `cancelled`. */
  readonly error_codes?: readonly string[];
  /** Somewhere in id, title, prompt, result or error message, whatever the case. */
  readonly text?: string;
  /** Made at this time or later, milliseconds since the epoch. */
  readonly created_from?: number;
  /** Made before this time, milliseconds since the epoch. */
  readonly created_before?: number;
}

/** What a watch of the queue reports. */
export interface QueueWatch {
  close(): void;
}

/** A task that this process holds until it calls `finish` (or dies). */
export interface ClaimedTask {
  readonly record: ClaimedRecord;
  /** Aborted when somebody asks for this run to be cancelled. */
  readonly cancelled: AbortSignal;
  /**
   * Aborted when another process may hold the task from now on: nothing more may be done for it, and
   * nothing of it counts. An engine whose hold cannot be lost never aborts it.
   */
  readonly lost: AbortSignal;
  /**
   * Makes the new attempt durable. Must resolve before the run's first side effect; a run without
   * any (it ends at once) needs none.
   *
   * @throws {NotStarted} when it could not be made durable: nothing was done yet
   */
  start(): Promise<void>;
  /**
   * Ends or puts back the task, publishes its notification, and lets go of it. A cancel request
   * that is there by then turns a put-back into the failed state.
   *
   * @returns the state it went to, once that is durable
   * @throws {LeaseLost} when the task is no longer held: nothing was written, and nothing will be
   */
  finish(ending: Ending): Promise<TaskState>;
  /** Lets go without an ending, as a crash would: recovery takes it from there. */
  abandon(): void;
}

/** What there is to do for the services of this queue. */
export interface Outstanding {
  /** Somebody holds these. */
  readonly running: number;
  /** Could be claimed now. */
  readonly due: number;
  /** Wait for their next attempt. */
  readonly retrying: number;
  /** Wait for a `run_at` in the future. */
  readonly scheduled: number;
}

/** Why `cancel` or `retry` did nothing. */
export type Refusal =
  | { readonly ok: false; readonly reason: "unknown" }
  | { readonly ok: false; readonly reason: "wrong_state"; readonly task: Task };

/** Why `prune` removed nothing. */
export type PruneRefusal =
  | { readonly ok: false; readonly reason: "unknown" }
  | {
    readonly ok: false;
    /**
     * `wrong_state`: it has not ended. `too_young`: it ended later than was asked for. `unread`: a
     * notification of it was never shown. `held`: somebody else does something with it just now.
     */
    readonly reason: "wrong_state" | "too_young" | "unread" | "held";
    readonly task: Task;
  };

/** Which ended tasks `prune` removes. */
export interface PruneOptions {
  /** Only one that ended before this time, milliseconds since the epoch; any when absent. */
  readonly ended_before?: number;
  /** Also one of which a notification was never shown: that goes too. Default: false. */
  readonly unread?: boolean;
}

export interface TaskQueue {
  /**
   * Hands in a task. Durable when it resolves.
   *
   * @throws {InvalidTask} when the request or the id is wrong; nothing was written
   */
  enqueue(request: TaskRequest & { id?: string }): Promise<Enqueued>;

  /**
   * Waits for a task that is due and claims it: highest priority first, oldest first among equals.
   *
   * @returns `undefined` once `signal` is aborted
   */
  claim(signal: AbortSignal): Promise<ClaimedTask | undefined>;

  /**
   * Tasks in running/ whose owner is gone, each held by this process now. Endings that were staged
   * are completed on the way and not returned; prunes that were cut short are finished.
   */
  orphans(): Promise<ClaimedTask[]>;

  /** One task; `undefined` only when it is in no state. */
  get(id: string): Promise<Task | undefined>;

  /** At most `limit` tasks that fit, newest first. */
  list(filter: TaskFilter & { readonly limit: number }): Promise<Task[]>;

  /** Every task that fits, newest first, one after another: for what is more than fits in memory. */
  each(filter: TaskFilter): AsyncIterable<Task>;

  /**
   * The ids of the tasks in some states (all when absent), in no order. No record is read: for what
   * has to be found by a part of its id.
   */
  ids(states?: readonly TaskState[]): Promise<string[]>;

  /**
   * Calls back when a task may have come into another state: a hint, which can come late, doubled
   * or for nothing.
   *
   * @param onChange is given the task's id, or `undefined` where events were lost: any task may
   * have moved
   */
  watch(onChange: (id: string | undefined) => void): QueueWatch;

  /**
   * Cancels: at once what waits, by request what runs; resolves when the task has ended. A task
   * that completes first has completed.
   */
  cancel(id: string, signal?: AbortSignal): Promise<{ ok: true; task: Task } | Refusal>;

  /** Sends a failed task back to pending; with `fresh` (no journal) a completed one too. */
  retry(id: string, options: { fresh: boolean }): Promise<{ ok: true; task: Task } | Refusal>;

  /**
   * Removes an ended task and all that belongs to it: journal, artifacts, cancel request, its
   * notifications, the bytes of an invalid one; its record last, so that its id is free only when
   * nothing of it is left. What a crash cuts short is finished by the next `prune` or `retry` of the
   * id, and by `orphans`. All that was asked for is looked at once more under the task's lock.
   *
   * @returns the task as it was
   */
  prune(id: string, options?: PruneOptions): Promise<{ ok: true; task: Task } | PruneRefusal>;

  /**
   * Resolves with the task once it has ended and its notification is there; `undefined` when it is
   * unknown or on abort.
   */
  ended(id: string, signal: AbortSignal): Promise<Task | undefined>;

  outstanding(): Promise<Outstanding>;

  /** Ends watches and timers. Tasks still held stay in running/ until they are finished. */
  close(): void;
}

/** A request that is no valid task. The message names the field and what was expected. */
export class InvalidTask extends Error {
  override name = "InvalidTask";
}

/** The attempt could not be begun. Nothing of it was done, so it costs the task nothing. */
export class NotStarted extends Error {
  override name = "NotStarted";
}

/**
 * This process does not hold the task any more, or cannot be sure that it does. What was to be written
 * was not, or what came before it must not be followed by anything. The new owner goes on from there.
 */
export class LeaseLost extends Error {
  override name = "LeaseLost";

  constructor(readonly task_id: string, options?: ErrorOptions) {
    super(`task ${task_id} is no longer held by this process: its lease has run out`, options);
  }
}

export type { Task, TaskRecord };
