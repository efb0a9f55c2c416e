import type { Journal, NewJournalEntry } from "../../../lib/journal/journal.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";

/** Thrown by an append that did not get through: the process died, or the disk is full. */
export class JournalDied extends Error {
  override name = "JournalDied";
}

/** A journal in memory that can die at its n-th append, and stays dead from then on. */
export class MemoryJournal implements Journal {
  readonly entries: readonly JournalEntry[];
  /** Everything that is durable. */
  readonly lines: JournalEntry[];
  #left: number;

  /** @param survives so many appends get through */
  constructor(entries: readonly JournalEntry[] = [], survives = Infinity) {
    this.entries = structuredClone([...entries]);
    this.lines = structuredClone([...entries]);
    this.#left = survives;
  }

  async append(entry: NewJournalEntry): Promise<void> {
    const line = { at: new Date().toISOString(), ...structuredClone(entry) } as JournalEntry;
    if (this.#left-- <= 0) throw new JournalDied("the journal died");
    this.lines.push(line);
    await Promise.resolve();
  }

  note(entry: NewJournalEntry): Promise<void> {
    return this.append(entry);
  }

  close(): void {}

  /** The lines in short, such as "tool_started 1/a". */
  get story(): string[] {
    return this.lines.map((line) => {
      if (line.type === "model_answer") return `${line.type} ${line.step}`;
      if (line.type === "tool_started" || line.type === "tool_finished") {
        return `${line.type} ${line.step}/${line.call_id}`;
      }
      return line.type === "attempt_ended" ? `${line.type} ${line.outcome}` : line.type;
    });
  }

  /** The entries of one type. */
  of<Type extends JournalEntry["type"]>(type: Type): Extract<JournalEntry, { type: Type }>[] {
    return this.lines.filter((line) => line.type === type) as Extract<
      JournalEntry,
      { type: Type }
    >[];
  }
}
