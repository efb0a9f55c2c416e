/** A task's journal as a timeline: when, what, how long, and how many tokens. */
import type { JournalEntry, JournalEntryOf } from "../task/journal_entry.ts";
import type { Task } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { duration } from "./duration.ts";
import { hanging } from "./facts.ts";
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
  const names = toolNames(journal);
  const layout = layoutOf(look);
  let begun = journal[0];
  return journal.flatMap((entry, index) => {
    if (entry.type === "attempt_started") begun = entry;
    const isLast = index === journal.length - 1;
    const words = wordsOf(entry, names, isLast ? task : undefined);
    const waited = entry.type === "attempt_started" ? waitBefore(journal, index) : [];
    return [...waited, ...entryLines(whenText(entry, begun, layout), words, layout)];
  }).join("\n");
}

function entryLines(when: string, { head, text }: Words, layout: Layout): string[] {
  const start = `${when}  `;
  if (layout.full) return [start + sanitizeLine(head), ...wholeLines(text)];
  const said = sanitizeLine(text === "" ? head : `${head}: ${text}`);
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

// Servers count their calls' ids anew in each answer, so the step belongs to it.
function callOf({ step, call_id }: JournalEntryOf<"tool_started" | "tool_finished">): string {
  return `${step}/${call_id}`;
}

function toolNames(journal: readonly JournalEntry[]): ReadonlyMap<string, string> {
  const started = journal.filter((entry) => entry.type === "tool_started");
  return new Map(started.map((entry) => [callOf(entry), entry.name]));
}

/** What an entry is, and what was said in it. */
interface Words {
  readonly head: string;
  readonly text: string;
}

function wordsOf(
  entry: JournalEntry,
  names: ReadonlyMap<string, string>,
  task: Task | undefined,
): Words {
  switch (entry.type) {
    case "journal_started":
      return { head: "journal started", text: "" };
    case "attempt_started": {
      const run = entry.run > 1 ? ` of run ${entry.run}` : "";
      return { head: `attempt ${entry.attempt}${run} by service ${entry.service_id}`, text: "" };
    }
    case "model_answer":
      return answerWords(entry);
    case "tool_started":
      return { head: `${entry.name} started`, text: entry.arguments };
    case "tool_finished":
      return finishedWords(entry, names.get(callOf(entry)));
    case "attempt_ended":
      return endWords(entry, task);
  }
}

function answerWords(entry: JournalEntryOf<"model_answer">): Words {
  const { step, message, usage, duration_ms } = entry;
  const calls = message.tool_calls?.map((call) => call.function.name).join(", ");
  const about = usage.estimated ? "~" : "";
  const tokens = `${about}${usage.input_tokens}+${about}${usage.output_tokens} tokens`;
  return {
    head: `answer ${step} (${duration(duration_ms)}, ${tokens})`,
    text: calls ? `calls ${calls}` : message.content ?? "",
  };
}

function finishedWords(entry: JournalEntryOf<"tool_finished">, name: string | undefined): Words {
  const { call_id, duration_ms, error, output = "" } = entry;
  const what = error === undefined ? "finished" : "failed";
  return { head: `${name ?? call_id} ${what} (${duration(duration_ms)})`, text: error ?? output };
}

// The journal is written before it is decided whether there is another attempt.
function endWords({ outcome, message }: JournalEntryOf<"attempt_ended">, task: Task | undefined) {
  const gaveUp = outcome === "retry" && task?.state === "failed" &&
    task.record.error?.code !== "cancelled";
  const head = gaveUp ? "attempt ended: failed, no further attempt" : `attempt ended: ${outcome}`;
  return { head: message ? `${head}, ${message}` : head, text: "" };
}
