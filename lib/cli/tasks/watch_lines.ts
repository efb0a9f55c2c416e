/** What `tasks watch` says of a change: a line for people, or one of JSON. */
import type { JournalEntry } from "../../task/journal_entry.ts";
import type { Task } from "../../task/record.ts";
import { summaryOfEnd } from "../../task/summary.ts";
import { formatTime, parseTime } from "../../task/time.ts";
import { duration } from "../duration.ts";
import { entryWords, wordsText } from "../journal_words.ts";
import { harmlessJson } from "../json_text.ts";
import { sanitizeLine } from "../sanitize.ts";
import { MARKS, ranFor, shortId, stateText, titleOf } from "../task_words.ts";
import { type OutputLook, styled } from "../terminal.ts";
import { truncateTo } from "../text_width.ts";
import type { TaskChange } from "./task_watch.ts";

/** One JSON object and a newline. */
export function changeJson(change: TaskChange, now: number): string {
  return harmlessJson(JSON.stringify(objectOf(change, now))) + "\n";
}

function objectOf(change: TaskChange, now: number): Record<string, unknown> {
  if (change.kind === "gone") {
    return { at: formatTime(now), event: "state", id: change.id, from: change.from, to: null };
  }
  const { id, title, conversation_id, error } = change.task.record;
  const task = { id, conversation_id, title };
  if (change.kind === "step") {
    const { entry, tool = null } = change;
    return { at: entry.at, event: "step", ...task, tool, entry };
  }
  const { state } = change.task;
  const at = formatTime(timeOf(change.task, now));
  return {
    at,
    event: "state",
    ...task,
    from: change.from ?? null,
    to: state,
    ...(state === "failed" && error ? { error: { code: error.code, message: error.message } } : {}),
  };
}

/** When it came into its state, as well as its record tells. */
function timeOf({ state, record }: Task, now: number): number {
  const text = state === "running"
    ? record.started_at
    : state === "pending"
    ? undefined
    : record.finished_at;
  return text === undefined ? now : parseTime(text);
}

/** One line for people; "" for a step of which they have heard already. */
export function changeLine(change: TaskChange, look: OutputLook, now: number): string {
  if (change.kind === "gone") {
    return line(formatTime(now), change.id, "pruned", "", look);
  }
  const { task } = change;
  const { id } = task.record;
  if (change.kind === "step") {
    const text = stepText(change.entry, change.tool);
    return text === "" ? "" : line(change.entry.at, id, `  ${text}`, "", look);
  }
  const [, style] = MARKS[task.state];
  const from = change.from === undefined ? "" : `${change.from} → `;
  const text = `${from}${stateText(task, now)}${endText(task, now)}`;
  return line(formatTime(timeOf(task, now)), id, text, style, look);
}

function endText(task: Task, now: number): string {
  const { state, record } = task;
  const said = state === "completed"
    ? summaryOfEnd(record)
    : state === "failed"
    ? record.error?.message ?? ""
    : "";
  const ran = state === "completed" || state === "failed" ? ranFor(task, now) : undefined;
  const took = ran === undefined ? "" : ` after ${duration(ran)}`;
  return `${took}, ${titleOf(task)}${said === "" ? "" : `: ${said}`}`;
}

function stepText(entry: JournalEntry, tool: string | undefined): string {
  // Of attempts the changes of the task's state tell.
  const isTold = entry.type === "model_answer" || entry.type.startsWith("tool_");
  return isTold ? wordsText(entryWords(entry, tool)) : "";
}

// At a terminal the time of day and the end of the id are enough; elsewhere both are whole.
function line(
  at: string,
  id: string,
  text: string,
  style: Parameters<typeof styled>[1] | "",
  look: OutputLook,
): string {
  const { columns } = look;
  const isTerminal = columns !== undefined;
  const time = isTerminal ? new Date(parseTime(at)).toTimeString().slice(0, 8) : at;
  const clean = sanitizeLine(id);
  const head = `${time}  ${isTerminal ? shortId(clean) : clean}  `;
  const indent = /^ */.exec(text)![0];
  const said = indent + sanitizeLine(text);
  const shown = isTerminal ? truncateTo(said, Math.max(10, columns - head.length - 1)) : said;
  return `${styled(look, "dim", head)}${style === "" ? shown : styled(look, style, shown)}\n`;
}
