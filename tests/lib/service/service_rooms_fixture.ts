import type { ClaimedTask, TaskQueue } from "../../../lib/queue/task_queue.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import type { Journals } from "../../../lib/journal/journal.ts";
import { withDefaults } from "../../../lib/task/parse_record.ts";
import { type TaskState } from "../../../lib/task/record.ts";
import {
  beginAttempt,
  type ClaimedRecord,
  type Ending,
  targetOf,
} from "../../../lib/task/transitions.ts";

const OWNER = { service_id: "s1", pid: 1, host: "here" };

/** A claimed task in memory that remembers how it was ended. */
export class FakeTask implements ClaimedTask {
  readonly record: ClaimedRecord;
  readonly #cancel = new AbortController();
  readonly #lose = new AbortController();
  readonly endings: Ending[] = [];
  readonly calls: string[] = [];
  /** What the next calls throw, in order; `undefined` lets one through. */
  readonly failStart: (Error | undefined)[] = [];
  readonly failFinish: (Error | undefined)[] = [];

  constructor(fields: Record<string, unknown> = {}) {
    const record = withDefaults("x", { conversation_id: "c1", prompt: "p" }, 0);
    this.record = { ...beginAttempt(record, OWNER, "inc-1", 0), ...fields };
  }

  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  get lost(): AbortSignal {
    return this.#lose.signal;
  }

  /** Another process holds it from now on. */
  lose(): void {
    this.#lose.abort();
  }

  async start(): Promise<void> {
    await Promise.resolve();
    this.calls.push("start");
    const error = this.failStart.shift();
    if (error !== undefined) throw error;
  }

  async finish(ending: Ending): Promise<TaskState> {
    await Promise.resolve();
    this.calls.push("finish");
    const error = this.failFinish.shift();
    if (error !== undefined) throw error;
    this.endings.push(ending);
    return targetOf(ending);
  }

  abandon(): void {
    this.calls.push("abandon");
  }
}

/** A queue of which only `orphans` and `claim` answer. */
export function fakeQueue(parts: Partial<TaskQueue>): TaskQueue {
  return parts as TaskQueue;
}

/** Journals that hold these entries for every task. */
export function fakeJournals(entries: readonly JournalEntry[]): Journals {
  return { read: () => Promise.resolve([...entries]) } as unknown as Journals;
}
