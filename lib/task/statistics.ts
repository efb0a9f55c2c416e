/** What many tasks tell together. Pure: tasks go in one after another, and two numbers a task stay. */
import type { ErrorCode, Task, TaskRecord, TaskState, Usage } from "./record.ts";
import { parseTime } from "./time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Outcomes of attempts that do not end their task. */
const REPEATED = ["retry", "rate_limited", "interrupted", "crashed"] as const;

/** Milliseconds by nearest rank: p90 is the smallest value that 90 % of all do not exceed. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What ended on one day, UTC. */
export interface DayStatistics {
  /** As in 2026-01-31. */
  readonly day: string;
  readonly completed: number;
  /** Without the cancelled ones. */
  readonly failed: number;
  readonly cancelled: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export interface Statistics {
  readonly states: Readonly<Record<TaskState, number>>;
  /** Completed among completed and failed, 0 to 1, cancelled ones apart; null where none ended. */
  readonly success_rate: number | null;
  readonly ended_last_hour: number;
  readonly ended_last_day: number;
  /** From when it could run (made, or `run_at`) to its first start; null where none started. */
  readonly pick_up_ms: Percentiles | null;
  /** Time in running/, all attempts together, of tasks that ended; null where none did. */
  readonly run_ms: Percentiles | null;
  /** Failed tasks by `error.code`. */
  readonly errors: Readonly<Record<string, number>>;
  /**
   * Attempts that did not end their task: failed and tried again, sent away by the server (429),
   * stopped with their service, and died with it.
   */
  readonly attempts: Readonly<Record<typeof REPEATED[number], number>>;
  /** Runs that somebody started by hand with a retry. */
  readonly reruns: number;
  readonly usage: Usage;
  /** Newest first; days on which nothing ended are left out. */
  readonly days: readonly DayStatistics[];
}

type Counts<Key extends string> = Record<Key, number>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Collects tasks; `summary` can be asked at any time. */
export class StatisticsCollector {
  readonly #states: Counts<TaskState> = { pending: 0, running: 0, completed: 0, failed: 0 };
  readonly #attempts = { retry: 0, rate_limited: 0, interrupted: 0, crashed: 0 };
  readonly #errors = new Map<string, number>();
  readonly #days = new Map<string, Mutable<DayStatistics>>();
  readonly #usage: Mutable<Usage> = {
    input_tokens: 0,
    output_tokens: 0,
    model_calls: 0,
    tool_calls: 0,
    estimated: false,
  };
  readonly #pickUps: number[] = [];
  readonly #runs: number[] = [];
  #reruns = 0;
  #lastHour = 0;
  #lastDay = 0;

  /** @param now milliseconds since the epoch */
  constructor(private readonly now: number) {}

  add({ state, record }: Task): void {
    this.#states[state]++;
    this.#reruns += Math.max(0, (record.run ?? 1) - 1);
    for (const { outcome } of record.attempts ?? []) {
      if (isRepeated(outcome)) this.#attempts[outcome]++;
    }
    const pickUp = wasStarted(record) ? pickUpOf(record) : undefined;
    if (pickUp !== undefined) this.#pickUps.push(pickUp);
    if (state === "completed" || state === "failed") this.#addEnded(state, record);
  }

  #addEnded(state: "completed" | "failed", record: TaskRecord): void {
    const code = state === "failed" ? record.error?.code ?? "internal" : undefined;
    if (code !== undefined) this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    if (wasStarted(record) && record.duration_ms !== undefined) {
      this.#runs.push(record.duration_ms);
    }
    this.#addUsage(this.#usage, record.usage);
    if (record.finished_at === undefined) return;
    const finished = parseTime(record.finished_at);
    if (finished > this.now - HOUR_MS) this.#lastHour++;
    if (finished > this.now - DAY_MS) this.#lastDay++;
    const day = this.#dayOf(new Date(finished).toISOString().slice(0, 10));
    day[code === undefined ? "completed" : code === "cancelled" ? "cancelled" : "failed"]++;
    day.input_tokens += record.usage?.input_tokens ?? 0;
    day.output_tokens += record.usage?.output_tokens ?? 0;
  }

  #addUsage(sum: Mutable<Usage>, usage: Usage | undefined): void {
    if (usage === undefined) return;
    sum.input_tokens += usage.input_tokens;
    sum.output_tokens += usage.output_tokens;
    sum.model_calls += usage.model_calls;
    sum.tool_calls += usage.tool_calls;
    sum.estimated ||= usage.estimated;
  }

  #dayOf(day: string): Mutable<DayStatistics> {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const none = { completed: 0, failed: 0, cancelled: 0, input_tokens: 0, output_tokens: 0 };
    const fresh = { day, ...none };
    this.#days.set(day, fresh);
    return fresh;
  }

  summary(): Statistics {
    const { completed, failed } = this.#states;
    const tried = completed + failed - (this.#errors.get("cancelled" satisfies ErrorCode) ?? 0);
    return {
      states: { ...this.#states },
      success_rate: tried === 0 ? null : completed / tried,
      ended_last_hour: this.#lastHour,
      ended_last_day: this.#lastDay,
      pick_up_ms: percentilesOf(this.#pickUps),
      run_ms: percentilesOf(this.#runs),
      errors: Object.fromEntries([...this.#errors].sort(([, a], [, b]) => b - a)),
      attempts: { ...this.#attempts },
      reruns: this.#reruns,
      usage: { ...this.#usage },
      days: [...this.#days.values()].sort((a, b) => a.day < b.day ? 1 : -1),
    };
  }
}

function isRepeated(outcome: string | undefined): outcome is typeof REPEATED[number] {
  return REPEATED.some((repeated) => repeated === outcome);
}

/** Percentiles by nearest rank; null of nothing. */
export function percentilesOf(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (percent: number) => sorted[Math.ceil(percent * sorted.length / 100) - 1]!;
  return { count: sorted.length, p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}

function firstStartOf({ attempts, started_at }: TaskRecord): string | undefined {
  return attempts?.[0]?.started_at ?? started_at;
}

// Who cancels what waits claims it first: that looks like a start and was none.
function wasStarted(record: TaskRecord): boolean {
  const { error, usage } = record;
  if (firstStartOf(record) === undefined) return false;
  return error?.code !== "cancelled" || usage === undefined || usage.model_calls > 0;
}

// A clock that was set in between can make it negative: then it says nothing.
function pickUpOf(record: TaskRecord): number | undefined {
  const started = firstStartOf(record);
  if (started === undefined) return undefined;
  const { created_at, run_at } = record;
  const due = Math.max(parseTime(created_at), run_at === undefined ? 0 : parseTime(run_at));
  const waited = parseTime(started) - due;
  return waited < 0 ? undefined : waited;
}
