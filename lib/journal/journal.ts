import type { JournalEntry } from "../task/journal_entry.ts";

/** The journal of one task's incarnation, open for appending by the process that holds the task. */
export interface Journal {
  /** What was there when it was opened, in order, without the header line. */
  readonly entries: readonly JournalEntry[];
  /**
   * Appends one entry, `at` filled in with the present time. Durable when it resolves; appends
   * that are under way together share a flush and keep their order.
   */
  append(entry: NewJournalEntry): Promise<void>;
  /**
   * Adds one entry that nothing rests on before the next is durable, such as an attempt's beginning:
   * it is written when this resolves, and durable with the next `append`, which costs it no flush of
   * its own.
   */
  note(entry: NewJournalEntry): Promise<void>;
  close(): void;
}

/** A journal entry before its time is known. */
export type NewJournalEntry = JournalEntry extends infer Entry
  ? Entry extends { type: string }
    ? { [Key in keyof Entry as Key extends "at" ? never : Key]: Entry[Key] }
  : never
  : never;

/** Where journals live. */
export interface Journals {
  /** Takes up or begins the journal of a task's incarnation. Another incarnation's is replaced. */
  open(task_id: string, incarnation: string): Promise<Journal>;
  /**
   * The entries for a reader. Torn and unreadable lines are skipped.
   *
   * @param incarnation only this one's; any when absent
   */
  read(task_id: string, incarnation?: string): Promise<JournalEntry[]>;

  /**
   * Calls back when a task's journal may have grown: a hint, which can come late, doubled or for
   * nothing.
   *
   * @param onChange is given the task's id, or `undefined` where events were lost
   */
  watch(onChange: (task_id: string | undefined) => void): { close(): void };
}
