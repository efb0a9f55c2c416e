/** A running task, step by step, until it ends or the person has seen enough. */
import type { Storage } from "../../open_storage.ts";
import { sleep } from "../../sleep.ts";
import { activityOf } from "../../task/activity.ts";
import type { JournalEntry } from "../../task/journal_entry.ts";
import type { Task } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { journalOf } from "../journal_of.ts";
import type { LiveOutput } from "../screen/live_view.ts";
import { paintLines, type StyledLine } from "../styled_line.ts";
import { activityText } from "../task_words.ts";
import type { Look } from "../terminal.ts";
import { stepLines } from "./step_lines.ts";
import { taskStory } from "./task_lines.ts";

/** It is looked at so often where no event comes, in milliseconds. */
const LOOK_MS = 2_000;

export interface FollowOptions {
  readonly storage: Storage;
  readonly output: LiveOutput;
  readonly look: Look;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted when the person has seen enough. */
  readonly signal: AbortSignal;
}

/**
 * Prints what a task has done and, while it runs, what it does.
 *
 * @returns the task as it was seen last; `undefined` where it is gone
 */
export async function followTask(task: Task, options: FollowOptions): Promise<Task | undefined> {
  const { storage, output, look, now, signal } = options;
  const { id } = task.record;
  using change = new Change(storage, id);
  const journal = await journalOf(task, storage.journals);
  print(taskStory({ task, journal }, look, now()), options);
  let printed = stepLines(journal, look.columns).length;
  let seen: Task | undefined = task;
  let entries = journal;
  while (seen !== undefined && !isTerminal(seen.state) && !signal.aborted) {
    showActivity(seen, () => entries, options);
    await change.next(signal);
    seen = await storage.queue.get(id);
    if (seen === undefined) break;
    entries = await journalOf(seen, storage.journals);
    const lines = stepLines(entries, look.columns);
    print(lines.slice(printed), options);
    printed = lines.length;
  }
  output.show();
  return seen;
}

function print(lines: readonly StyledLine[], { output, look }: FollowOptions): void {
  if (lines.length > 0) output.print(paintLines(lines, look));
}

function showActivity(
  { state }: Task,
  journal: () => readonly JournalEntry[],
  { output, now }: FollowOptions,
): void {
  output.show(undefined, () => {
    const doing = state === "running" ? activityText(activityOf(journal()), now()) : state;
    return `${doing} · Esc leaves it`;
  });
}

/** Tells when a task may have changed: by its journal, its state, or by the clock. */
class Change implements Disposable {
  readonly #watches: readonly { close(): void }[];
  #changed = Promise.withResolvers<void>();

  constructor({ journals, queue }: Storage, id: string) {
    const look = (changed: string | undefined) => {
      if (changed === undefined || changed === id) this.#changed.resolve();
    };
    this.#watches = [journals.watch(look), queue.watch(look)];
  }

  /** Resolves after the next change; at once where there was one since the last call. */
  async next(signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    await Promise.race([
      this.#changed.promise,
      sleep(LOOK_MS, AbortSignal.any([signal, timer.signal])),
    ]);
    timer.abort();
    this.#changed = Promise.withResolvers<void>();
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch.close();
  }
}
