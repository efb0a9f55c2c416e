import type { Journal } from "./journal.ts";

/**
 * A journal whose lines count only once something else is durable: `append` waits for it, `note`
 * does not.
 *
 * @param ready where it rejects, so does `append`, and nothing was written
 */
export function journalAfter(journal: Journal, ready: Promise<void>): Journal {
  return {
    entries: journal.entries,
    append: async (entry) => {
      await ready;
      await journal.append(entry);
    },
    note: (entry) => journal.note(entry),
    close: () => journal.close(),
  };
}
