import type { Artifacts } from "../artifacts/artifacts.ts";
import type { JournalEntry } from "../task/journal_entry.ts";

/** As `Artifacts` allows. */
const MAX_NAME_LENGTH = 100;

/**
 * The artifacts of one task, each name belonging to one maker: two calls that both make a
 * "chart.png" keep two files, while a call that is run again replaces its own.
 */
export class ArtifactStore {
  readonly #artifacts: Artifacts;
  readonly #task_id: string;
  readonly #makers = new Map<string, string>();

  /** @param entries the task's journal, which says who made what so far */
  constructor(artifacts: Artifacts, task_id: string, entries: readonly JournalEntry[]) {
    this.#artifacts = artifacts;
    this.#task_id = task_id;
    for (const entry of entries) {
      if (entry.type !== "tool_finished") continue;
      for (const name of entry.artifacts ?? []) {
        this.#makers.set(name, callMaker(entry.step, entry.call_id));
      }
    }
  }

  /**
   * Keeps bytes, under another name where that one is another maker's. Durable when it resolves.
   *
   * @param prefix tells the makers' files apart, such as "step-3-2"
   * @throws {RangeError} when the name is no artifact's name
   */
  async write(maker: string, prefix: string, name: string, bytes: Uint8Array): Promise<string> {
    const own = this.#ownName(maker, prefix, name);
    this.#makers.set(own, maker);
    return await this.#artifacts.write(this.#task_id, own, bytes);
  }

  /** The names of everything that is kept, sorted. */
  list(): Promise<string[]> {
    return this.#artifacts.list(this.#task_id);
  }

  #ownName(maker: string, prefix: string, name: string): string {
    if ((this.#makers.get(name) ?? maker) === maker) return name;
    // The end of a name tells its kind.
    return `${prefix}-${name.slice(prefix.length + 1 - MAX_NAME_LENGTH)}`;
  }
}

/** The maker of what one tool call makes. */
export function callMaker(step: number, call_id: string): string {
  return `${step}/${call_id}`;
}
