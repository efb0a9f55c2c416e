import type { Journals } from "../journal/journal.ts";
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Task } from "../task/record.ts";

/** A task's own journal. One without an incarnation has none: what lies there was another's. */
export async function journalOf({ record }: Task, journals: Journals): Promise<JournalEntry[]> {
  const { id, incarnation } = record;
  return incarnation === undefined ? [] : await journals.read(id, incarnation);
}
