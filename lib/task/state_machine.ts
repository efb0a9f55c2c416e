/**
 * The life of a task as data: what each state means and every change there is.
 * The diagram in ARCHITECTURE.md is drawn from this table; a test compares the two.
 */
import type { TaskState } from "./record.ts";

/** Three sentences for each state. */
export const STATES: Record<TaskState, { means: string; left_by: string; after_crash: string }> = {
  pending: {
    means: "The task waits: for a free service, for its run_at, or for its next attempt.",
    left_by: "A service's dispatcher moves it on, or a canceller that claims it first.",
    after_crash: "Nobody holds it, so nothing happens to it: the next service takes it up.",
  },
  running: {
    means: "One process holds the task's lock and works on it, or died while it did.",
    left_by: "The runner that holds it, or the recoverer once the kernel has freed the lock.",
    after_crash: "The file stays with its lock free; recovery completes a staged ending or puts " +
      "the task back, and its journal lets the next run go on from the last finished step.",
  },
  completed: {
    means: "The task is done and its record holds the result.",
    left_by: "Only the operator: a retry with --fresh, or a prune.",
    after_crash: "The record was flushed before it came here, so it stays as it is.",
  },
  failed: {
    means: "The task was given up or cancelled and its record says why.",
    left_by: "Only the operator: a retry, or a prune.",
    after_crash: "The record was flushed before it came here, so it stays as it is.",
  },
};

/** Who may make a change. */
export type Actor = "producer" | "dispatcher" | "runner" | "recoverer" | "operator";

/** One change of state; `undefined` stands for "not there". */
export interface Transition {
  readonly from: TaskState | undefined;
  readonly to: TaskState | undefined;
  readonly by: Actor;
  readonly because: string;
}

/** Every change there is. A cancelled pending task is claimed first, then failed. */
export const TRANSITIONS = {
  enqueue: { from: undefined, to: "pending", by: "producer", because: "a new id was handed in" },
  claim: {
    from: "pending",
    to: "running",
    by: "dispatcher",
    because: "it is due and a slot is free",
  },
  complete: { from: "running", to: "completed", by: "runner", because: "the run gave a result" },
  fail: { from: "running", to: "failed", by: "runner", because: "the run cannot go on" },
  put_back: {
    from: "running",
    to: "pending",
    by: "runner",
    because: "the next attempt is later, or the service stops",
  },
  recover: {
    from: "running",
    to: "pending",
    by: "recoverer",
    because: "the process that held it is gone",
  },
  give_up: {
    from: "running",
    to: "failed",
    by: "recoverer",
    because: "it took its service down too often, or was cancelled meanwhile",
  },
  retry: { from: "failed", to: "pending", by: "operator", because: "a person asked for it" },
  retry_fresh: {
    from: "completed",
    to: "pending",
    by: "operator",
    because: "a person asked for it with --fresh",
  },
  prune_completed: { from: "completed", to: undefined, by: "operator", because: "it is old" },
  prune_failed: { from: "failed", to: undefined, by: "operator", because: "it is old" },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof TRANSITIONS;

/** Whether a task in this state has ended. */
export function isTerminal(state: TaskState): state is "completed" | "failed" {
  return state === "completed" || state === "failed";
}

/** Whether the table has a change from one state to the other. */
export function isTransition(from: TaskState, to: TaskState): boolean {
  return Object.values(TRANSITIONS).some((t) => t.from === from && t.to === to);
}
