/** The steps of a task's run, one line each, as they are followed in the chat. Pure. */
import type { JournalEntry, JournalEntryOf } from "../../task/journal_entry.ts";
import { parseTime } from "../../task/time.ts";
import { duration } from "../duration.ts";
import { sanitizeLine } from "../sanitize.ts";
import { cutLine, plainLine, type StyledLine } from "../styled_line.ts";
import type { Style } from "../terminal.ts";
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
  const names = new Map<string, string>();
  let begun: number | undefined;
  return journal.flatMap((entry) => {
    if (entry.type === "attempt_started") begun = parseTime(entry.at);
    if (entry.type === "tool_started") names.set(callOf(entry), entry.name);
    const said = sayingOf(entry, names);
    if (said === undefined) return [];
    const passed = begun === undefined ? "" : duration(Math.max(0, parseTime(entry.at) - begun));
    const [text, ...styles] = said;
    const line = [
      ...plainLine(`  ${padTo(passed, TIME_WIDTH)}`, "dim"),
      ...plainLine(sanitizeLine(text.slice(0, MAX_TEXT)), ...styles),
    ];
    return [cutLine(line, columns)];
  });
}

function callOf({ step, call_id }: { readonly step: number; readonly call_id: string }): string {
  return `${step}/${call_id}`;
}

type Saying = readonly [text: string, ...styles: Style[]];

function sayingOf(entry: JournalEntry, names: ReadonlyMap<string, string>): Saying | undefined {
  switch (entry.type) {
    case "journal_started":
      return undefined;
    case "attempt_started":
      return [entry.run > 1 || entry.attempt > 1 ? attempt(entry) : "begins", "dim"];
    case "model_answer": {
      const calls = entry.message.tool_calls?.map((call) => call.function.name).join(", ");
      return [`model (${duration(entry.duration_ms)}): ${calls || "the answer"}`];
    }
    case "tool_started":
      return [`${entry.name} ${entry.arguments}`, "cyan"];
    case "tool_finished":
      return finished(entry, names.get(callOf(entry)) ?? "the call");
    case "attempt_ended":
      if (entry.outcome === "completed" || entry.outcome === "done") return undefined;
      return [`${entry.outcome}${entry.message ? `: ${entry.message}` : ""}`, "yellow"];
  }
}

function attempt({ run, attempt }: JournalEntryOf<"attempt_started">): string {
  return `begins again: ${run > 1 ? `run ${run}, ` : ""}attempt ${attempt}`;
}

function finished(entry: JournalEntryOf<"tool_finished">, name: string): Saying {
  const { error, output = "", duration_ms } = entry;
  const took = `${name} (${duration(duration_ms)})`;
  return error === undefined ? [`✓ ${took}: ${output}`, "dim"] : [`✗ ${took}: ${error}`, "red"];
}
