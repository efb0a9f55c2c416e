/**
 * What a change of state does to a task's record. Pure: records in, records out.
 *
 * The queue's engines decide when and where; what is written is decided here alone.
 */
import {
  type AttemptOutcome,
  type AttemptRecord,
  NO_USAGE,
  type TaskError,
  type TaskRecord,
  type TerminalState,
  type Usage,
} from "./record.ts";
import { interruptionDelay } from "./retry_policy.ts";
import { summaryOf } from "./summary.ts";
import { formatTime, parseTime } from "./time.ts";

/** Who holds a task. */
export interface Owner {
  readonly service_id: string;
  readonly pid: number;
  readonly host: string;
}

/** How a claimed task leaves running/. */
export type Ending =
  | {
    readonly kind: "completed";
    readonly result: string;
    /** The artifact that holds the whole text, where `result` is only its digest. */
    readonly result_artifact?: string;
    readonly artifacts: readonly string[];
    readonly usage: Usage;
  }
  | { readonly kind: "failed"; readonly error: TaskError; readonly usage?: Usage | undefined }
  /** Tried again at `retry_at` (milliseconds since the epoch). */
  | {
    readonly kind: "retry";
    readonly retry_at: number;
    readonly error: TaskError;
    /** False for a 429: the attempt is not used up. */
    readonly uses_attempt: boolean;
    /** Of the run so far. */
    readonly usage?: Usage | undefined;
  }
  /** The service stops; the next claim goes on from the journal. Costs nothing. */
  | { readonly kind: "interrupted" }
  /** The owner died. `progress` is how many finished steps its journal holds by now. */
  | {
    readonly kind: "crashed";
    readonly progress: number;
    /** The last sign of life, milliseconds since the epoch. */
    readonly last_seen: number;
    /** Of the run so far. */
    readonly usage?: Usage | undefined;
  };

/** A claimed task's record: the fields of its run are there. */
export type ClaimedRecord = TaskRecord & Owner & {
  incarnation: string;
  run: number;
  attempt: number;
  interruptions: number;
  attempts: AttemptRecord[];
  started_at: string;
};

/** More entries than this are not kept in `attempts`; the two oldest of a run become one. */
const MAX_ATTEMPTS_KEPT = 100;

/** Fields that belong to an ending and leave the record when a new run begins. */
const ENDING_FIELDS = [
  "finished_at",
  "duration_ms",
  "result",
  "summary",
  "result_artifact",
  "artifacts",
  "usage",
  "error",
  "staged",
  "retry_at",
] as const;

/**
 * The record of a task that has just been claimed: `run` and `attempt` counted, the new attempt
 * begun, an older ending moved into `attempts`.
 *
 * @param incarnation used when the task has none yet
 */
export function beginAttempt(
  record: TaskRecord,
  owner: Owner,
  incarnation: string,
  now: number,
): ClaimedRecord {
  // A pending record with an ending was put back by a person: that is what starts a new run.
  const retriedByHand = record.finished_at !== undefined;
  const run = (record.run ?? (retriedByHand ? 1 : 0)) + (retriedByHand || !record.run ? 1 : 0);
  const previous = withOldEnding(record);
  const last = previous.at(-1);
  const sameRun = last !== undefined && last.run === run;
  const attempt = !sameRun ? 1 : last.attempt + (last.outcome === "retry" ? 1 : 0);
  const started_at = formatTime(now);
  const attempts = [
    ...previous,
    { run, attempt, service_id: owner.service_id, started_at },
  ];
  const usage = retriedByHand ? undefined : record.usage;
  return {
    ...without(record, ENDING_FIELDS),
    ...(usage === undefined ? {} : { usage }),
    ...owner,
    incarnation: record.incarnation ?? incarnation,
    run,
    attempt,
    interruptions: retriedByHand ? 0 : record.interruptions ?? 0,
    attempts: shortened(attempts),
    started_at,
  };
}

// The time that attempts took counts against the task's limit, so the oldest two of a run are
// joined: as if the first had begun later, by the wait between them. Older runs just go.
function shortened(attempts: AttemptRecord[]): AttemptRecord[] {
  const kept = [...attempts];
  while (kept.length > MAX_ATTEMPTS_KEPT) {
    const [first, second] = kept.splice(0, 2) as [AttemptRecord, AttemptRecord];
    if (first.run !== second.run || second.ended_at === undefined) kept.unshift(second);
    else {
      const time = timeInRunning([first, second], first.run, parseTime(second.ended_at));
      const started_at = formatTime(parseTime(second.ended_at) - time);
      kept.unshift({ ...second, started_at });
    }
  }
  return kept;
}

function withOldEnding(record: TaskRecord): AttemptRecord[] {
  const attempts = [...(record.attempts ?? [])];
  const last = attempts.at(-1);
  if (record.finished_at === undefined || last === undefined) return attempts;
  const ending = {
    ...(record.result === undefined ? {} : { result: record.result }),
    ...(record.usage === undefined ? {} : { usage: record.usage }),
    ...(record.error === undefined ? {} : { error: record.error }),
  };
  attempts[attempts.length - 1] = { ...last, ...ending };
  return attempts;
}

/** The state that an ending leads to. */
export function targetOf(ending: Ending): TerminalState | "pending" {
  if (ending.kind === "completed" || ending.kind === "failed") return ending.kind;
  return "pending";
}

/**
 * The record of a claimed task that has ended or is put back, `staged` for its last move.
 *
 * @param lasted how long this attempt took in milliseconds, where its own process can tell: the
 * wall clock may have been set meanwhile
 */
export function endAttempt(
  record: ClaimedRecord,
  ending: Ending,
  now: number,
  lasted?: number,
): TaskRecord {
  const ended_at = ending.kind === "crashed"
    ? formatTime(Math.max(parseTime(record.started_at), Math.min(ending.last_seen, now)))
    : formatTime(now);
  const closed = closeAttempt(record, ending, ended_at, lasted);
  const base: TaskRecord = {
    ...without(record, [...ENDING_FIELDS, "service_id", "pid", "host", "started_at"]),
    ...usageSoFar(record, ending),
    attempts: closed,
    staged: { to: targetOf(ending), run: record.run },
  };
  switch (ending.kind) {
    case "interrupted":
      return base;
    case "crashed":
      return { ...base, ...countInterruption(record, ending.progress, now) };
    case "retry":
      return {
        ...base,
        retry_at: formatTime(ending.retry_at),
        last_error: { ...ending.error },
        interruptions: 0,
      };
    case "completed":
    case "failed":
      return { ...base, ...ownerOf(record), ...terminalFields(record, closed, ending, now) };
  }
}

// What an earlier attempt has used is not forgotten where this one did not get to count.
function usageSoFar(record: ClaimedRecord, ending: Ending): { usage?: Usage } {
  const usage = ("usage" in ending ? ending.usage : undefined) ?? record.usage;
  if (usage !== undefined) return { usage };
  return targetOf(ending) === "pending" ? {} : { usage: NO_USAGE };
}

function ownerOf(record: ClaimedRecord) {
  const { service_id, pid, host, started_at } = record;
  return { service_id, pid, host, started_at };
}

function terminalFields(
  record: ClaimedRecord,
  attempts: readonly AttemptRecord[],
  ending: Extract<Ending, { kind: "completed" | "failed" }>,
  now: number,
) {
  const common = {
    finished_at: formatTime(now),
    duration_ms: timeInRunning(attempts, record.run, now),
  };
  if (ending.kind === "failed") {
    const error = { ...ending.error, attempt: record.attempt };
    return { ...common, error, summary: summaryOf(error.message) };
  }
  const { result, result_artifact, artifacts } = ending;
  return {
    ...common,
    result,
    summary: summaryOf(result),
    ...(result_artifact === undefined ? {} : { result_artifact }),
    artifacts: [...artifacts],
  };
}

function countInterruption(record: ClaimedRecord, progress: number, now: number) {
  const interruptions = interruptionsAfter(record, progress);
  const counted = { interruptions, progress };
  const delay = interruptionDelay(interruptions, record.id);
  if (delay === 0) return counted;
  const message = `The service died ${interruptions} times in a row while it ran this task.`;
  return {
    ...counted,
    retry_at: formatTime(now + delay),
    last_error: { code: "service_crashed", message } satisfies TaskError,
  };
}

/**
 * What `interruptions` becomes when the task's owner has died once more. They are counted from the
 * last finished step: a task that gets on is not poisonous.
 *
 * @param progress how many finished steps its journal holds by now
 */
export function interruptionsAfter(record: ClaimedRecord, progress: number): number {
  return progress > (record.progress ?? 0) ? 1 : record.interruptions + 1;
}

function closeAttempt(
  record: ClaimedRecord,
  ending: Ending,
  ended_at: string,
  lasted: number | undefined,
): AttemptRecord[] {
  const attempts = [...record.attempts];
  const last = attempts.at(-1);
  if (last === undefined) return attempts;
  const error = ending.kind === "failed" || ending.kind === "retry" ? ending.error : undefined;
  attempts[attempts.length - 1] = {
    ...last,
    ended_at,
    ...(lasted === undefined ? {} : { duration_ms: Math.round(lasted) }),
    outcome: outcomeOf(ending),
    ...(error === undefined ? {} : { error: { ...error } }),
  };
  return attempts;
}

function outcomeOf(ending: Ending): AttemptOutcome {
  if (ending.kind === "retry") return ending.uses_attempt ? "retry" : "rate_limited";
  if (ending.kind === "failed" && ending.error.code === "cancelled") return "cancelled";
  return ending.kind;
}

/**
 * Milliseconds that the attempts of one run have spent in running/, the open one until `now`.
 * Waiting between them does not count.
 */
export function timeInRunning(
  attempts: readonly AttemptRecord[],
  run: number,
  now: number,
): number {
  let total = 0;
  for (const attempt of attempts) {
    if (attempt.run !== run) continue;
    const end = attempt.ended_at === undefined ? now : parseTime(attempt.ended_at);
    total += attempt.duration_ms ?? Math.max(0, end - parseTime(attempt.started_at));
  }
  return total;
}

/**
 * The record of an ended task that a person sends back to pending/. Its ending stays in it until
 * the next claim; `staged` goes, or a crash after that claim would end it again.
 *
 * @param fresh forget the journal: the next claim gives the task a new incarnation
 */
export function retryByHand(record: TaskRecord, fresh: boolean): TaskRecord {
  return without(record, fresh ? ["staged", "incarnation", "progress"] : ["staged"]);
}

/** When a pending task may be claimed, in milliseconds since the epoch; 0 means at once. */
export function dueAt(record: TaskRecord): number {
  const run = record.run_at === undefined ? 0 : parseTime(record.run_at);
  const retry = record.retry_at === undefined ? 0 : parseTime(record.retry_at);
  return Math.max(run, retry);
}

// Copied but for the fields: V8 keeps an object from which something was deleted as a dictionary,
// and to copy and format that takes three times as long.
function without<T extends object>(record: T, fields: readonly string[]): T {
  const copy: Partial<T> = {};
  for (const name in record) {
    if (Object.hasOwn(record, name) && !fields.includes(name)) setOwn(copy, name, record[name]);
  }
  return copy as T;
}

function setOwn<T extends object, K extends keyof T>(target: T, name: K, value: T[K]): void {
  // "__proto__" may come from outside, and is a field like any other.
  if (name !== "__proto__") target[name] = value;
  else {
    const all = { value, enumerable: true, writable: true, configurable: true };
    Object.defineProperty(target, name, all);
  }
}
