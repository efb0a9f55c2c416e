/** Looks at every task as soon as it has ended, and once more at last: nothing may have changed. */
import type { Storage } from "../../lib/open_storage.ts";
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import type { Task } from "../../lib/task/record.ts";

const PATIENCE_MS = 120_000;

type Parts = Pick<Storage, "queue" | "journals">;

export class Witness {
  /** Ended tasks as they were seen, by id. */
  readonly #seen = new Map<string, Seen>();
  readonly #looking = new Set<Promise<void>>();
  readonly #faults: string[] = [];

  constructor(private readonly parts: Parts) {}

  /** Called when somebody is told that a task has ended. */
  see(id: string): void {
    const looking = this.#see(id)
      .catch((error) => void this.#faults.push(`${id} could not be looked at: ${error}`))
      .finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  /** What has changed of an end that was seen, and what no journal may hold; in sentences. */
  async faults(): Promise<string[]> {
    await Promise.all(this.#looking);
    for (const [id, seen] of this.#seen) {
      const task = await this.parts.queue.get(id);
      // Another run has begun since.
      if (task !== undefined && task.record.run !== seen.run) continue;
      if (task === undefined) this.#faults.push(`${id} is gone`);
      else if (textOf(task) !== seen.text) this.#faults.push(`${id} has changed after its end`);
      if (task !== undefined) this.#faults.push(...await this.#doubles(task));
    }
    return this.#faults;
  }

  async #see(id: string): Promise<void> {
    const task = await this.parts.queue.ended(id, AbortSignal.timeout(PATIENCE_MS));
    if (task === undefined) return;
    this.#seen.set(id, { run: task.record.run, text: textOf(task) });
  }

  // Two who hold one task would both write what comes next.
  async #doubles({ record: { id, incarnation } }: Task): Promise<string[]> {
    if (incarnation === undefined) return [];
    const steps = (await this.parts.journals.read(id, incarnation)).flatMap(stepOf);
    const twice = steps.filter((step, i) => steps.indexOf(step) < i);
    return twice.map((step) => `${id} has ${step} twice in its journal`);
  }
}

interface Seen {
  readonly run: number | undefined;
  readonly text: string;
}

function textOf(task: Task): string {
  return JSON.stringify(task);
}

function stepOf(entry: JournalEntry): string[] {
  if (entry.type === "model_answer") return [`the answer of step ${entry.step}`];
  if (entry.type === "tool_finished") return [`the end of ${entry.step}/${entry.call_id}`];
  return [];
}
