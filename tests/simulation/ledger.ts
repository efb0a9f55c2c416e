/**
 * What was promised to whom. The actors write down what they were told; the invariants compare it
 * with what lies on the disk.
 */
import type { TaskState } from "../../lib/task/record.ts";
import type { Owner } from "./scheduler.ts";

/** A broken promise. */
export class Violation extends Error {
  override name = "Violation";
  /** @param rule the invariant's number in the contract, or a word for what is not numbered */
  constructor(readonly rule: string, message: string) {
    super(`invariant ${rule}: ${message}`);
  }
}

/** A call that is under way, or that its process died in. */
export interface Interval {
  readonly by: Owner;
  readonly begun: number;
  ended: number | undefined;
}

/** A prune under way, and what it may remove. */
export interface PruneInterval extends Interval {
  /** Milliseconds since the epoch; any age when absent. */
  readonly ended_before: number | undefined;
  readonly unread: boolean;
}

/** All that is known of one task. */
export class TaskFacts {
  /** How often it was handed in, or begun to be. */
  producers = 0;
  /** Somebody was told that it is there for good. */
  accepted = false;
  /** Handed in by a program that flushes nothing. */
  fragile = false;
  /** An outside program wrote over it or removed it: nothing is promised any more. */
  wild = false;
  /** Who runs it now. */
  holder: { readonly process: Owner; readonly run: number } | undefined;
  /** What its runs were told to do: it must stay the same. */
  content: string | undefined;
  /** An end that somebody was told of. */
  decided:
    | { readonly state: TaskState; readonly run: number; readonly settled: boolean }
    | undefined;
  /** The last run whose end was left by a retry, and when each run began to be possible. */
  leftRun = 0;
  readonly runBegan = new Map<number, number>();
  /** The run that an acknowledged retry ended. */
  retriedRun = 0;
  readonly retries: Interval[] = [];
  readonly cancels: Interval[] = [];
  readonly prunes: PruneInterval[] = [];
  /** How many tasks of this id are gone: what was said of one holds for no later one. */
  generation = 0;
  /** Files of records that were removed; an acknowledged prune must not be undone. */
  readonly removed = new Set<unknown>();
  readonly removedForGood = new Set<unknown>();

  constructor(readonly id: string) {}

  /** It was pruned: from now on the id means another task, or none. */
  forget(record: unknown, step: number): void {
    this.generation++;
    this.removed.add(record);
    this.accepted = this.fragile = false;
    this.holder = this.content = this.decided = undefined;
    this.leftRun = this.retriedRun = 0;
    this.runBegan.clear();
    // Who asked before this asked for the end of another task.
    this.runBegan.set(1, step);
  }

  get promised(): boolean {
    return this.accepted && !this.wild;
  }
}

export class Ledger {
  readonly tasks = new Map<string, TaskFacts>();
  /** Ids of notifications whose showing was acknowledged, and where they belong. */
  readonly acknowledged = new Map<string, string>();
  readonly shown = new Set<string>();
  /** Services that have announced themselves, and since when. */
  readonly announced = new Map<Owner, number>();
  violation: Violation | undefined;
  readonly #journals = new Map<string, string[]>();
  readonly #effects = new Map<string, number>();
  #marks = 0;

  constructor(readonly step: () => number) {}

  task(id: string): TaskFacts {
    let facts = this.tasks.get(id);
    if (facts === undefined) this.tasks.set(id, facts = new TaskFacts(id));
    return facts;
  }

  /** Writes the first violation down; the run ends at the next step. */
  report(rule: string, message: string): void {
    this.violation ??= new Violation(rule, message);
  }

  /** A task's run begins in this process. */
  hold(id: string, run: number, content: string, process: Owner): void {
    const facts = this.task(id);
    const { holder, decided } = facts;
    if (holder?.process.alive) {
      this.report("8", `${process.name} took ${id} while ${holder.process.name} runs it`);
    }
    if (decided !== undefined && run <= decided.run && !facts.wild) {
      this.report("4", `${id} is run again (run ${run}) after its end was acknowledged`);
    }
    if (facts.content !== undefined && facts.content !== content && !facts.wild) {
      this.report("1", `${id} was "${facts.content}" and is "${content}" now`);
    }
    facts.content = content;
    facts.holder = { process, run };
  }

  release(id: string, process: Owner): void {
    const facts = this.task(id);
    if (facts.holder?.process === process) facts.holder = undefined;
  }

  /** @param settled told by the process that did it: then the record is where it belongs */
  decide(id: string, state: TaskState, run: number, settled: boolean): void {
    const facts = this.task(id);
    if (run <= facts.leftRun || (facts.decided?.run ?? 0) > run) return;
    const { decided } = facts;
    if (decided?.run === run && decided.state !== state && !facts.wild) {
      this.report("4", `${id} was said to be ${decided.state}, then ${state}, in run ${run}`);
    }
    facts.decided = { state, run, settled: settled || (decided?.settled ?? false) };
  }

  begin(intervals: Interval[], by: Owner): Interval {
    const interval: Interval = { by, begun: this.step(), ended: undefined };
    intervals.push(interval);
    return interval;
  }

  beginPrune(
    facts: TaskFacts,
    by: Owner,
    options: Pick<PruneInterval, "ended_before" | "unread">,
  ): PruneInterval {
    const interval: PruneInterval = { by, begun: this.step(), ended: undefined, ...options };
    facts.prunes.push(interval);
    return interval;
  }

  end(interval: Interval): void {
    interval.ended = this.step();
  }

  /** A mark that makes a journal line unique. */
  mark(): string {
    return `m${++this.#marks}`;
  }

  /** A line's writer was told that it is there for good. */
  appended(id: string, incarnation: string, mark: string): void {
    const key = `${id}/${incarnation}`;
    const marks = this.#journals.get(key) ?? [];
    this.#journals.set(key, marks);
    marks.push(mark);
  }

  /** Whether a writer was told that lines of this journal are there for good. */
  hasJournal(id: string, incarnation: string): boolean {
    return this.#journals.has(`${id}/${incarnation}`);
  }

  /** A journal is taken up: every acknowledged line must be there. */
  opened(id: string, incarnation: string, marks: readonly string[]): void {
    const found = new Set(marks);
    for (const mark of this.#journals.get(`${id}/${incarnation}`) ?? []) {
      if (!found.has(mark)) {
        return this.report("6", `the journal of ${id} lost the acknowledged line ${mark}`);
      }
    }
  }

  /** A tool is called. */
  effect(key: string, effects: "once" | "idempotent"): void {
    const count = (this.#effects.get(key) ?? 0) + 1;
    this.#effects.set(key, count);
    if (effects === "once" && count > 1) {
      this.report("6", `the call ${key}, which must not be repeated, ran ${count} times`);
    }
  }

  /** A process is gone, and what it was doing with it. */
  died(process: Owner): void {
    for (const facts of this.tasks.values()) {
      if (facts.holder?.process === process) facts.holder = undefined;
      for (const interval of [...facts.cancels, ...facts.retries, ...facts.prunes]) {
        if (interval.by === process && interval.ended === undefined) this.end(interval);
      }
    }
  }

  /** Who must be seen by somebody who began to look at a step: alive and announced all the time. */
  aliveSince(step: number): string[] {
    return [...this.announced].filter(([{ alive }, since]) => alive && since <= step)
      .map(([{ name }]) => name);
  }

  /** After a power cut, what nobody was told of may be gone. */
  powerFailed(): void {
    for (const facts of this.tasks.values()) {
      if (facts.fragile) facts.wild = true;
      if (!facts.accepted) facts.content = undefined;
    }
  }
}
