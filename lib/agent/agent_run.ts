/** What one run of a task's agent is given, and how it can end. */
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { Journal } from "../journal/journal.ts";
import type { ChatModel } from "../model/model.ts";
import type { Toolbox } from "../sandbox/toolbox.ts";
import type { TaskError, Usage } from "../task/record.ts";
import type { ClaimedRecord } from "../task/transitions.ts";

/** The three ways to stop a run from outside. */
export interface RunSignals {
  /** Stop now; the task is cancelled. */
  readonly cancelled: AbortSignal;
  /** The service stops: go on to the next finished step, then end as interrupted. */
  readonly stopping: AbortSignal;
  /** The grace period is over: drop everything now and end as interrupted. */
  readonly abandon: AbortSignal;
}

export interface AgentRun {
  readonly record: ClaimedRecord;
  /** Opened by the caller, who closes it too. */
  readonly journal: Journal;
  readonly artifacts: Artifacts;
  readonly model: ChatModel;
  readonly toolbox: Toolbox;
  readonly signals: RunSignals;
  /** The model said 429: no model call of this service before `until` (ms since the epoch). */
  readonly onRateLimited?: (until: number) => void;
  /**
   * Awaited before each model call: the service's pause for all its runs. Waited for at most 15
   * seconds a step, after that the run ends as a retry that uses up no attempt.
   */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** How a run ended. The caller moves the task; the agent never does. */
export type AgentOutcome =
  | {
    readonly kind: "completed";
    readonly result: string;
    /** The artifact that holds the whole text, where `result` is only its digest. */
    readonly result_artifact?: string;
    /** Everything that is kept of the task, sorted by name. */
    readonly artifacts: string[];
    readonly usage: Usage;
  }
  /** `step_limit`, `token_limit`, `timeout` or `model_rejected`. */
  | { readonly kind: "failed"; readonly error: TaskError; readonly usage: Usage }
  | { readonly kind: "cancelled"; readonly usage: Usage }
  /** May be tried again; `error` says what the task failed of when no attempt is left. */
  | {
    readonly kind: "retry";
    readonly error: TaskError;
    /** False for a 429. */
    readonly uses_attempt: boolean;
    /** Not earlier than this many milliseconds from now. */
    readonly retry_after_ms?: number;
    readonly usage: Usage;
  }
  | { readonly kind: "interrupted" };

/** An outcome before its usage is counted. */
export type RunEnding = AgentOutcome extends infer Outcome
  ? Outcome extends { kind: string } ? Omit<Outcome, "usage"> : never
  : never;
