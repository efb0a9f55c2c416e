/** The steps of a task's run, one line each, as they are followed in the chat. Pure. */
import type { JournalEntry } from "../../task/journal_entry.ts";
import { parseTime } from "../../task/time.ts";
import { duration } from "../duration.ts";
import { entryWords, ToolNames, wordsText } from "../journal_words.ts";
import { sanitizeLine } from "../sanitize.ts";
import { cutLine, plainLine, type StyledLine } from "../styled_line.ts";
import { padTo } from "../text_width.ts";

/** Columns for the time since the run began. */
const TIME_WIDTH = 7;
/** More of what a call was given or gave is not shown, in UTF-16 units. */
const MAX_TEXT = 500;

/**
 * The lines of a journal. A line depends on what comes before it only, so that those of a journal
 * that has grown begin with those of before.
 */
export function stepLines(journal: readonly JournalEntry[], columns: number): StyledLine[] {
  const names = new ToolNames(journal);
  let begun: number | undefined;
  return journal.flatMap((entry) => {
    if (entry.type === "attempt_started") begun = parseTime(entry.at);
    if (!isStep(entry)) return [];
    const passed = begun === undefined ? "" : duration(Math.max(0, parseTime(entry.at) - begun));
    const words = entryWords(entry, names.of(entry));
    const text = sanitizeLine(wordsText(words).slice(0, MAX_TEXT));
    const line = [
      ...plainLine(`  ${padTo(passed, TIME_WIDTH)}`, "dim"),
      ...(words.style === undefined ? plainLine(text) : plainLine(text, words.style)),
    ];
    return [cutLine(line, columns)];
  });
}

// What came of the task is shown under its steps.
function isStep(entry: JournalEntry): boolean {
  if (entry.type !== "attempt_ended") return entry.type !== "journal_started";
  return entry.outcome !== "completed" && entry.outcome !== "done";
}
