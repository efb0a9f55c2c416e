import type { Journal, NewJournalEntry } from "../journal/journal.ts";
import type { JournalEntry } from "../task/journal_entry.ts";
import { formatTime } from "../task/time.ts";

/**
 * A journal together with everything that is in it: what the agent does next is decided from the
 * entries alone, so a run that was interrupted and one that was not take the same path.
 */
export class RunJournal {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #entries: JournalEntry[];

  constructor(journal: Journal, now: () => number) {
    this.#journal = journal;
    this.#now = now;
    this.#entries = [...journal.entries];
  }

  /** Every entry that counts, in order. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** The entries that there would be with one more. */
  with(entry: NewJournalEntry): readonly JournalEntry[] {
    return [...this.#entries, this.#dated(entry)];
  }

  /** Appends an entry; it counts from the moment in which it is durable. */
  async append(entry: NewJournalEntry): Promise<void> {
    await this.#add(entry, this.#journal.append(entry));
  }

  /** Adds an entry; durable with the next that is appended. */
  async note(entry: NewJournalEntry): Promise<void> {
    await this.#add(entry, this.#journal.note(entry));
  }

  async #add(entry: NewJournalEntry, added: Promise<void>): Promise<void> {
    const dated = this.#dated(entry);
    await added;
    this.#entries.push(dated);
  }

  #dated(entry: NewJournalEntry): JournalEntry {
    return { at: formatTime(this.#now()), ...entry } as JournalEntry;
  }
}
