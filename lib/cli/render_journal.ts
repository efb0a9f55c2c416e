/** A task's journal as a timeline: when, what, how long, and how many tokens. */
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Task } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { duration } from "./duration.ts";
import { hanging } from "./facts.ts";
import { type EntryWords, entryWords, ToolNames, wordsText } from "./journal_words.ts";
import { sanitize, sanitizeLine } from "./sanitize.ts";
import { NARROW } from "./table.ts";
import { truncateTo } from "./text_width.ts";

/** How much of a journal is shown, and where. */
export interface JournalLook {
  readonly columns: number | undefined;
  /** Arguments and outputs whole, on lines of their own. */
  readonly full?: boolean;
}

/** Columns of one entry where there is no terminal. */
const UNSEEN_COLUMNS = 200;
/** Columns that are taken from the terminal's before it is looked how much fits. */
const MARGIN = 3;

/** Columns of the offsets. */
const OFFSET = 8;

/** How a timeline is laid out. */
interface Layout {
  /** Columns of a line. */
  readonly width: number;
  readonly isNarrow: boolean;
  readonly full: boolean;
}

function layoutOf({ columns, full = false }: JournalLook): Layout {
  const width = Math.max(20, (columns ?? UNSEEN_COLUMNS) - MARGIN);
  return { width, isNarrow: columns !== undefined && columns < NARROW, full };
}

/**
 * One line an entry, made safe; two at a narrow terminal. An attempt begins with its time as it is
 * in the record; what follows says how long after that it was.
 *
 * @param task whose journal it is: only its state tells what became of the last attempt
 */
export function renderJournal(
  journal: readonly JournalEntry[],
  task: Task,
  look: JournalLook,
): string {
  const names = new ToolNames(journal);
  const layout = layoutOf(look);
  let begun = journal[0];
  return journal.flatMap((entry, index) => {
    if (entry.type === "attempt_started") begun = entry;
    const isLast = index === journal.length - 1;
    const gave_up = isLast && gaveUp(entry, task);
    const words = entryWords(entry, names.of(entry), { whole: true, gave_up });
    const waited = entry.type === "attempt_started" ? waitBefore(journal, index) : [];
    return [...waited, ...entryLines(whenText(entry, begun, layout), words, layout)];
  }).join("\n");
}

function entryLines(when: string, words: EntryWords, layout: Layout): string[] {
  const start = `${when}  `;
  if (layout.full) return [start + sanitizeLine(words.head), ...wholeLines(words.text)];
  const said = sanitizeLine(wordsText(words));
  const room = layout.width - start.length;
  if (!layout.isNarrow) return [start + truncateTo(said, Math.max(10, room))];
  // Where a line holds little, an entry may have two; a break between words costs some of them.
  const cut = truncateTo(said, room * 2 - 8);
  return [start + hanging(cut, start.length, layout.width + 1)];
}

// An attempt begins with its time as the record has it, the rest counts from there.
function whenText(
  entry: JournalEntry,
  begun: JournalEntry | undefined,
  { isNarrow }: Layout,
): string {
  if (entry === begun) return sanitizeLine(isNarrow ? entry.at.slice(11, 19) : entry.at);
  return `+${duration(since(begun, entry))}`.padStart(OFFSET);
}

function since(begun: JournalEntry | undefined, entry: JournalEntry): number {
  return begun === undefined ? 0 : Math.max(0, parseTime(entry.at) - parseTime(begun.at));
}

// Between two attempts a task waits: for its next try, or for a service.
function waitBefore(journal: readonly JournalEntry[], index: number): string[] {
  const before = journal[index - 1];
  if (before === undefined) return [];
  return [`${" ".repeat(OFFSET)}  … ${duration(since(before, journal[index]!))} later`];
}

function wholeLines(text: string): string[] {
  const lines = sanitize(text).trimEnd().split("\n");
  if (lines.length === 1 && lines[0] === "") return [];
  return lines.map((line) => " ".repeat(OFFSET + 4) + line);
}

// Only the task's state tells what became of its last attempt.
function gaveUp(entry: JournalEntry, { state, record }: Task): boolean {
  return entry.type === "attempt_ended" && entry.outcome === "retry" && state === "failed" &&
    record.error?.code !== "cancelled";
}
