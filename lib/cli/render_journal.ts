/** A task's journal as a timeline. */
import type { JournalEntry, JournalEntryOf } from "../task/journal_entry.ts";
import type { Task } from "../task/record.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";
import { truncateTo } from "./text_width.ts";

/**
 * One line an entry, made safe, with times as they are in the record.
 *
 * @param task whose journal it is: only its state tells what became of the last attempt
 */
export function renderJournal(
  journal: readonly JournalEntry[],
  task: Task,
  look: { readonly columns: number | undefined },
): string {
  const names = toolNames(journal);
  return journal.map((entry, index) => {
    const text = entry.type === "tool_finished"
      ? finishedText(entry, names.get(callOf(entry)))
      : entry.type === "attempt_ended" && index === journal.length - 1
      ? lastEndText(entry, task)
      : entryText(entry);
    const line = `${entry.at}  ${sanitizeLine(text)}`;
    return truncateTo(line, Math.max(40, (look.columns ?? 200) - 3));
  }).join("\n");
}

// Servers count their calls' ids anew in each answer, so the step belongs to it.
function callOf({ step, call_id }: JournalEntryOf<"tool_started" | "tool_finished">): string {
  return `${step}/${call_id}`;
}

function toolNames(journal: readonly JournalEntry[]): ReadonlyMap<string, string> {
  const started = journal.filter((entry) => entry.type === "tool_started");
  return new Map(started.map((entry) => [callOf(entry), entry.name]));
}

function finishedText(entry: JournalEntryOf<"tool_finished">, name: string | undefined): string {
  const { call_id, duration_ms, error, output = "" } = entry;
  const what = error === undefined ? "finished" : "failed";
  return `${name ?? call_id} ${what} (${duration(duration_ms)}): ${error ?? output}`;
}

// The journal is written before it is decided whether there is another attempt.
function lastEndText(entry: JournalEntryOf<"attempt_ended">, { state, record }: Task): string {
  const gaveUp = entry.outcome === "retry" && state === "failed" &&
    record.error?.code !== "cancelled";
  if (!gaveUp) return entryText(entry);
  return `attempt ended: failed, no further attempt${entry.message ? `, ${entry.message}` : ""}`;
}

function entryText(entry: Exclude<JournalEntry, { type: "tool_finished" }>): string {
  switch (entry.type) {
    case "journal_started":
      return "journal started";
    case "attempt_started":
      return `attempt ${entry.attempt} started by service ${entry.service_id}`;
    case "model_answer": {
      const calls = entry.message.tool_calls?.map((call) => call.function.name).join(", ");
      const what = calls ? `calls ${calls}` : entry.message.content ?? "";
      return `model answered (${duration(entry.duration_ms)}): ${what}`;
    }
    case "tool_started":
      return `${entry.name} started: ${entry.arguments}`;
    case "attempt_ended":
      return `attempt ended: ${entry.outcome}${entry.message ? `, ${entry.message}` : ""}`;
  }
}
