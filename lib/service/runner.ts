/** Takes one claimed task through its run and out of running/. */
import { getLogger } from "@logtape/logtape";
import { FirstSignal } from "../agent/first_signal.ts";
import type { AgentOutcome, RunSignals } from "../agent/run_agent.ts";
import { isDiskFault } from "../disk/disk_problem.ts";
import type { DurabilityLost } from "../disk/flusher.ts";
import { CANCELLED } from "../queue/cancelled.ts";
import { type ClaimedTask, LeaseLost, NotStarted } from "../queue/task_queue.ts";
import type { Runtime } from "../runtime.ts";
import { SaidOnce } from "../said_once.ts";
import { sleep as systemSleep } from "../sleep.ts";
import { StorageProblem } from "../storage_problem.ts";
import type { TaskError } from "../task/record.ts";
import { decideRetry } from "../task/retry_policy.ts";
import type { Ending } from "../task/transitions.ts";

const log = getLogger(["bts", "service"]);

/** An ending that was not taken is tried again after so long, in milliseconds. */
const FINISH_PAUSE_MS = 1_000;
/** A run that a full disk has broken off is taken up again after so long, in milliseconds. */
const DISK_PAUSE_MS = 10_000;

export interface RunnerParts {
  /** One run of the agent for this task. It calls `task.start` before its first side effect. */
  readonly run: (task: ClaimedTask, signals: RunSignals) => Promise<AgentOutcome>;
  /** Set once the disk has lost a flush. */
  readonly durability: () => DurabilityLost | undefined;
  /** Go on to the next finished step, then put the task back. */
  readonly stopping: AbortSignal;
  /** Drop everything. */
  readonly abandon: AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  /** How it waits before an ending is tried again. Default: real time. */
  readonly sleep?: Runtime["sleep"];
}

/** Runs a task that this process holds; resolves when it is let go. Never rejects. */
export async function runTask(parts: RunnerParts, task: ClaimedTask): Promise<void> {
  const { id, title, attempt, run } = task.record;
  const began = parts.now();
  log.info("task {id} started: {title}", { id, title, run, attempt });
  const ending = await endingOf(parts, task);
  if (ending === "lost") return letGo(task);
  if (ending === undefined) return task.abandon();
  const state = await finish(parts, task, ending);
  if (state === "lost") return letGo(task);
  const details = { id, state, duration_ms: parts.now() - began, ...describeEnding(ending) };
  if (state === undefined) log.error("task {id} could not be put away: {reason}", details);
  else if (state === "failed") log.warning("task {id} failed: {reason}", details);
  else if (state === "completed") log.info("task {id} completed in {duration_ms} ms", details);
  else log.info("task {id} is back in pending: {reason}", details);
}

// Another process has the task: nothing of this run is written any more.
function letGo(task: ClaimedTask): void {
  const { id } = task.record;
  log.warning("task {id} is let go: another service may hold it by now, and goes on with it", {
    id,
  });
  task.abandon();
}

async function endingOf(
  parts: RunnerParts,
  task: ClaimedTask,
): Promise<Ending | "lost" | undefined> {
  const { stopping, now, random } = parts;
  const { cancelled, lost } = task;
  using dropped = new FirstSignal({ stopped: parts.abandon, lost });
  try {
    const outcome = await parts.run(task, { cancelled, stopping, abandon: dropped.signal });
    return lost.aborted ? "lost" : toEnding(task, outcome, now(), random());
  } catch (cause) {
    if (lost.aborted || cause instanceof LeaseLost) return "lost";
    // What was acknowledged can no longer be relied on: the next service decides from the disk.
    if (parts.durability() !== undefined) return undefined;
    if (cause instanceof NotStarted) {
      log.error("task {id} could not be started: {cause}", { id: task.record.id, cause });
      // The disk's fault, not the task's: it costs no attempt.
      return retryOrFail(task, { error: internal(cause), uses_attempt: false }, now(), random());
    }
    log.error("task {id} met an unexpected error: {cause}", { id: task.record.id, cause });
    // A place without room is not the task's fault; it is given time, since a model was paid.
    const failure = isOfStorage(cause)
      ? { uses_attempt: false, retry_after_ms: DISK_PAUSE_MS }
      : { uses_attempt: true };
    return retryOrFail(task, { error: internal(cause), ...failure }, now(), random());
  }
}

function isOfStorage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof StorageProblem) return true;
  }
  return isDiskFault(error);
}

function internal(cause: unknown): TaskError {
  return { code: "internal", message: cause instanceof Error ? cause.message : String(cause) };
}

function toEnding(
  task: ClaimedTask,
  outcome: AgentOutcome,
  now: number,
  random: number,
): Ending {
  switch (outcome.kind) {
    case "completed":
    case "failed":
    case "interrupted":
      return outcome;
    case "cancelled":
      return {
        kind: "failed",
        error: CANCELLED,
        usage: outcome.usage,
      };
    case "retry":
      return retryOrFail(task, outcome, now, random);
  }
}

function retryOrFail(
  { record }: ClaimedTask,
  failure: {
    readonly error: TaskError;
    readonly uses_attempt: boolean;
    readonly retry_after_ms?: number;
    readonly usage?: Extract<AgentOutcome, { kind: "retry" }>["usage"];
  },
  now: number,
  random: number,
): Ending {
  const { attempt, max_attempts } = record;
  const { error, uses_attempt, retry_after_ms, usage } = failure;
  const decision = decideRetry(
    { attempt, max_attempts, retry_after_ms, free: !uses_attempt },
    now,
    random,
  );
  if (decision.retry) return { kind: "retry", retry_at: decision.at, error, uses_attempt, usage };
  const message = `${error.message} (attempt ${attempt} of ${max_attempts})`;
  return { kind: "failed", error: { ...error, message }, usage };
}

// A full disk gets room again: the result is kept in memory and tried until the service must go.
async function finish(parts: RunnerParts, task: ClaimedTask, ending: Ending) {
  const { sleep = systemSleep } = parts;
  const fault = new SaidOnce();
  for (;;) {
    try {
      return await task.finish(ending);
    } catch (error) {
      if (error instanceof LeaseLost || task.lost.aborted) return "lost";
      const { id } = task.record;
      if (fault.isNews(error)) {
        log.error("the ending of task {id} could not be saved: {error}", { id, error });
      }
      if (parts.durability() !== undefined || parts.abandon.aborted) {
        task.abandon();
        return undefined;
      }
      await sleep(FINISH_PAUSE_MS, parts.abandon);
    }
  }
}

function describeEnding(ending: Ending): { reason: string } {
  if (ending.kind === "failed") return { reason: `${ending.error.code}: ${ending.error.message}` };
  if (ending.kind === "retry") {
    const at = new Date(ending.retry_at).toISOString();
    return { reason: `${ending.error.message}; next attempt at ${at}` };
  }
  return { reason: ending.kind };
}
