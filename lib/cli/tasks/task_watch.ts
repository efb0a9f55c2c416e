/**
 * Tasks as they change. Hints of the queue and of the journals only say where to look: what is
 * reported comes from comparing a task with what it was when it was looked at last. Hints get lost,
 * so everything is looked at now and then too.
 */
import type { Journals } from "../../journal/journal.ts";
import type { TaskQueue } from "../../queue/task_queue.ts";
import { sleep } from "../../sleep.ts";
import type { JournalEntry } from "../../task/journal_entry.ts";
import type { Task, TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { parseTime } from "../../task/time.ts";
import { journalOf } from "../journal_of.ts";
import { ToolNames } from "../journal_words.ts";

/** What happened to a task. */
export type TaskChange =
  /** `from` is absent where this watch had not seen the task before. */
  | { readonly kind: "state"; readonly task: Task; readonly from: TaskState | undefined }
  /** `tool` is the name of the tool whose call started or finished. */
  | {
    readonly kind: "step";
    readonly task: Task;
    readonly entry: JournalEntry;
    readonly tool: string | undefined;
  }
  /** It was pruned. */
  | { readonly kind: "gone"; readonly id: string; readonly from: TaskState };

export interface TaskWatchOptions {
  readonly queue: TaskQueue;
  readonly journals: Journals;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Only these, whole ids; all when absent. */
  readonly ids?: readonly string[];
  /** Only this conversation's. */
  readonly conversation_id?: string;
  readonly onChange: (change: TaskChange) => void;
  /** What was there at the beginning has been reported; from now on it is changes. */
  readonly onBegun?: () => void;
}

/** What has not ended is looked at this often at most, in milliseconds. */
const OPEN_CHECK_MS = 1_000;
/** What has ended is read this often at most, for tasks that nobody hinted at. */
const ENDED_CHECK_MS = 10_000;
/** A look may take this part of the time at most. */
const SHARE = 0.02;

/** What a task was when it was looked at last: as much as can be compared, for each task ever seen. */
interface Seen {
  readonly state: TaskState;
  /** When its present attempt began; a claim renames first and says this later. */
  readonly started_at: string | undefined;
  readonly finished_at: string | undefined;
  readonly attempts: number;
  readonly incarnation: string | undefined;
  /** Entries of that incarnation's journal that were reported. */
  readonly entries: number;
}

export class TaskWatch {
  readonly #seen = new Map<string, Seen>();
  readonly #hinted = new Set<string>();
  #lost = false;
  #wake = new AbortController();
  #began = 0;
  #nextOpenCheck = 0;
  #nextEndedCheck = 0;

  constructor(private readonly options: TaskWatchOptions) {}

  /** Reports what is there and not ended, then every change, until `signal` or `isDone`. */
  async run(signal: AbortSignal, isDone: () => boolean = () => false): Promise<void> {
    const { queue, journals, now } = this.options;
    const onHint = (id: string | undefined) => this.#hint(id);
    this.#began = now();
    // Before the first look: what comes in between is seen by one of the two.
    const watches = [queue.watch(onHint), journals.watch(onHint)];
    try {
      await this.#lookAtOpen();
      this.options.onBegun?.();
      this.#nextEndedCheck = performance.now() + ENDED_CHECK_MS;
      while (!signal.aborted && !isDone()) await this.#lookAgain(signal);
    } finally {
      for (const watch of watches) watch.close();
    }
  }

  #hint(id: string | undefined): void {
    if (id === undefined) this.#lost = true;
    else if (this.options.ids === undefined || this.options.ids.includes(id)) this.#hinted.add(id);
    else return;
    this.#wake.abort();
  }

  async #lookAgain(signal: AbortSignal): Promise<void> {
    const pause = Math.min(this.#nextOpenCheck, this.#nextEndedCheck) - performance.now();
    await sleep(Math.max(0, pause), AbortSignal.any([signal, this.#wake.signal]));
    this.#wake = new AbortController();
    const hinted = [...this.#hinted];
    this.#hinted.clear();
    for (const id of hinted) await this.#look(id);
    const lost = this.#lost;
    this.#lost = false;
    if (lost || performance.now() >= this.#nextOpenCheck) await this.#lookAtOpen();
    if (lost || performance.now() >= this.#nextEndedCheck) await this.#lookAtEnded();
  }

  async #lookAtOpen(): Promise<void> {
    const started = performance.now();
    const { ids, queue } = this.options;
    const found = new Set<string>();
    if (ids === undefined) {
      for await (const task of queue.each({ states: ["pending", "running"] })) {
        found.add(task.record.id);
        await this.#compare(task);
      }
    }
    for (const id of ids ?? this.#seenThat((state) => !isTerminal(state))) {
      if (!found.has(id)) await this.#look(id);
    }
    this.#nextOpenCheck = later(started, OPEN_CHECK_MS);
  }

  async #lookAtEnded(): Promise<void> {
    const started = performance.now();
    if (this.options.ids === undefined) {
      const missing = this.#seenThat(isTerminal);
      for await (const task of this.options.queue.each({ states: ["completed", "failed"] })) {
        missing.delete(task.record.id);
        await this.#compare(task);
      }
      for (const id of missing) await this.#look(id);
    }
    this.#nextEndedCheck = later(started, ENDED_CHECK_MS);
  }

  #seenThat(fits: (state: TaskState) => boolean): Set<string> {
    return new Set([...this.#seen].flatMap(([id, { state }]) => fits(state) ? [id] : []));
  }

  async #look(id: string): Promise<void> {
    const task = await this.options.queue.get(id);
    if (task !== undefined) return await this.#compare(task);
    const seen = this.#seen.get(id);
    if (seen === undefined) return;
    this.#seen.delete(id);
    this.options.onChange({ kind: "gone", id, from: seen.state });
  }

  async #compare(task: Task): Promise<void> {
    if (!this.#isMeant(task)) return;
    const { id } = task.record;
    const seen = this.#seen.get(id);
    const changed = seen === undefined || hasChanged(seen, task);
    // To what has ended nothing is appended any more.
    const isRunning = task.state === "running";
    const { steps, entries } = changed || isRunning
      ? await this.#newSteps(task, seen)
      : { steps: [], entries: seen.entries };
    this.#seen.set(id, seenNow(task, seen, entries));
    const report = () => {
      for (const step of steps) this.options.onChange({ kind: "step", task, ...step });
    };
    if (!isRunning) report();
    if (changed) this.options.onChange({ kind: "state", task, from: seen?.state });
    if (isRunning) report();
  }

  async #newSteps(task: Task, seen: Seen | undefined) {
    const journal = await journalOf(task, this.options.journals);
    const known = seen?.incarnation === task.record.incarnation ? seen?.entries ?? 0 : 0;
    // What was there before this watch is no news.
    const news = journal.slice(known).filter(({ at }) => parseTime(at) >= this.#began);
    const names = new ToolNames(journal);
    const steps = news.map((entry) => ({ entry, tool: names.of(entry) }));
    return { steps, entries: journal.length };
  }

  #isMeant({ state, record }: Task): boolean {
    const { ids, conversation_id } = this.options;
    if (ids !== undefined) return ids.includes(record.id);
    if (conversation_id !== undefined && record.conversation_id !== conversation_id) return false;
    if (this.#seen.has(record.id) || !isTerminal(state)) return true;
    return record.finished_at !== undefined && parseTime(record.finished_at) >= this.#began;
  }
}

/** When to look again: not sooner than that, and so that looking takes little of the time. */
function later(started: number, at_least: number): number {
  const end = performance.now();
  return end + Math.max(at_least, (end - started) / SHARE);
}

/** Whether the task has been in another state since, even if it is back in the same one. */
function hasChanged(seen: Seen, { state, record }: Task): boolean {
  if (seen.state !== state) return true;
  if (state === "pending") return seen.attempts !== attemptsOf(record);
  if (state !== "running") return seen.finished_at !== record.finished_at;
  return seen.started_at !== undefined && record.started_at !== undefined &&
    seen.started_at !== record.started_at;
}

function seenNow({ state, record }: Task, before: Seen | undefined, entries: number): Seen {
  const earlier = state === "running" ? before?.started_at : undefined;
  return {
    state,
    started_at: record.started_at ?? earlier,
    finished_at: record.finished_at,
    attempts: attemptsOf(record),
    incarnation: record.incarnation,
    entries,
  };
}

function attemptsOf({ attempts }: Task["record"]): number {
  return attempts?.length ?? 0;
}
