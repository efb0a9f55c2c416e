/** Tasks and notifications as people read them at a terminal. Everything is sanitized here. */
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Notification } from "../task/notification.ts";
import type { Task, TaskRecord, TaskState } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { dueAt } from "../task/transitions.ts";
import { sanitize, sanitizeLine } from "./sanitize.ts";
import { type Style, styled, type Terminal } from "./terminal.ts";
import { padTo, truncateTo, widthOf } from "./text_width.ts";
import { wrapWords } from "./word_wrap.ts";

/** What decides how something looks. */
export type Look = Pick<Terminal, "color" | "columns">;

const MARKS: Record<TaskState, readonly [mark: string, style: Style]> = {
  pending: ["○", "yellow"],
  running: ["●", "cyan"],
  completed: ["✓", "green"],
  failed: ["✗", "red"],
};

/** An id as short as a person needs it: the end of a long one. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : id.slice(-6);
}

/** A notification as a block of lines: mark, title, short id, then the message, indented. */
export function renderNotification(notification: Notification, look: Look): string {
  const { event, title, task_id, message } = notification;
  return endingBlock(event, title, task_id, message, look);
}

/** What came of an ended task, in the form of a notification but whole. */
export function renderEnding({ state, record }: Task, look: Look): string {
  const { title, id, result, error } = record;
  return endingBlock(state, title, id, state === "completed" ? result : error?.message, look);
}

function endingBlock(
  state: TaskState,
  title: string,
  id: string,
  text: string | undefined,
  look: Look,
): string {
  const [mark, style] = MARKS[state];
  const head = `${styled(look, style, mark)} ${styled(look, "bold", sanitizeLine(title))} ` +
    styled(look, "dim", `(${shortId(sanitizeLine(id))})`);
  return `${head}\n${block(text ?? "", look)}\n`;
}

function block(text: string, { columns }: Look): string {
  const lines = sanitize(text).trim().split("\n").map((line) => line === "" ? "" : `  ${line}`);
  return wrapWords(lines.join("\n"), columns);
}

/** Tasks as a table, one a line, no wider than the terminal. */
export function renderTable(tasks: readonly Task[], look: Look, now: number): string {
  const rows = tasks.map(({ state, record }) => [
    sanitizeLine(record.id),
    stateText({ state, record }, now),
    ago(now - parseTime(record.created_at)),
    sanitizeLine(record.title),
  ]);
  const table = [["ID", "STATE", "AGE", "TITLE"], ...rows];
  const widths = [0, 1, 2].map((i) => Math.max(...table.map((row) => widthOf(row[i] ?? ""))));
  const before = widths.reduce((sum, width) => sum + width + 2, 0);
  const titles = Math.max(10, (look.columns ?? Infinity) - before - 1);
  return table.map((row, index) => {
    const cells = widths.map((width, i) => padTo(row[i] ?? "", width) + "  ");
    const task = tasks[index - 1];
    if (task === undefined) return styled(look, "dim", cells.join("") + row[3]) + "\n";
    cells[1] = styled(look, MARKS[task.state][1], cells[1] ?? "");
    return cells.join("") + truncateTo(row[3] ?? "", titles) + "\n";
  }).join("");
}

function stateText({ state, record }: Task, now: number): string {
  const mark = MARKS[state][0];
  const code = state === "failed" && record.error ? ` (${sanitizeLine(record.error.code)})` : "";
  const due = state === "pending" ? dueAt(record) - now : 0;
  return `${mark} ${state}${code}${due > 0 ? `, in ${duration(due)}` : ""}`;
}

function ago(milliseconds: number): string {
  return duration(Math.max(0, milliseconds));
}

/** A duration in its two largest units. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.round(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${Math.floor(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/** One task whole: its fields, what came of it, its journal as a timeline. */
export function renderTask(
  task: Task,
  journal: readonly JournalEntry[],
  look: Look,
  now: number,
): string {
  const { record } = task;
  const isPending = task.state === "pending";
  const fields = factsOf(task, now).filter((fact) => fact[1] !== undefined);
  const width = Math.max(...fields.map(([name]) => name.length));
  const facts = fields.map(([name, value]) =>
    `${styled(look, "dim", name.padEnd(width))}  ${sanitizeLine(String(value))}\n`
  );
  const sections: [title: string, text: string | undefined][] = [
    ["Prompt", record.prompt],
    ["Result", isPending ? undefined : record.result],
    ["Error", isPending ? undefined : record.error?.message],
    ["Last error", isPending ? record.last_error?.message : undefined],
    ["Journal", journal.map((entry) => timelineLine(entry, look)).join("\n")],
  ];
  return facts.join("") +
    sections.flatMap(([title, text]) =>
      text ? [`\n${styled(look, "bold", title)}\n${block(text, look)}\n`] : []
    ).join("");
}

function factsOf(task: Task, now: number): [name: string, value: unknown][] {
  const { record } = task;
  return [
    ...requestFacts(task, now),
    // Sent back by hand it still carries its old ending, until it is claimed.
    ...(task.state === "pending" && record.finished_at !== undefined ? [] : runFacts(record)),
  ];
}

function requestFacts(task: Task, now: number): [name: string, value: unknown][] {
  const { record } = task;
  return [
    ["id", record.id],
    ["state", stateText(task, now)],
    ["title", record.title],
    ["conversation", record.conversation_id || undefined],
    ["created", record.created_at],
    ["run at", record.run_at],
    ["retry at", record.retry_at],
    ["priority", record.priority === 0 ? undefined : record.priority],
    ["tools", record.tools?.join(", ")],
    ["model", record.model],
  ];
}

function runFacts(record: TaskRecord): [name: string, value: unknown][] {
  const { usage, run, attempt } = record;
  return [
    ["attempt", attempt && `${attempt} of ${record.max_attempts}${run! > 1 ? `, run ${run}` : ""}`],
    ["service", record.service_id && `${record.service_id} (pid ${record.pid})`],
    ["finished", record.finished_at],
    ["duration", record.duration_ms === undefined ? undefined : duration(record.duration_ms)],
    ["usage", usage && usageText(usage)],
    ["artifacts", record.artifacts?.join(", ") || undefined],
  ];
}

function usageText(usage: NonNullable<Task["record"]["usage"]>): string {
  const about = usage.estimated ? "about " : "";
  return `${about}${usage.input_tokens} tokens in, ${usage.output_tokens} out, ` +
    `${usage.model_calls} model calls, ${usage.tool_calls} tool calls`;
}

function timelineLine(entry: JournalEntry, look: Look): string {
  const text = sanitizeLine(timelineText(entry));
  const line = `${entry.at.slice(0, 10)} ${entry.at.slice(11, 23)}  ${text}`;
  return truncateTo(line, Math.max(40, (look.columns ?? 200) - 3));
}

function timelineText(entry: JournalEntry): string {
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
    case "tool_finished": {
      const what = entry.error === undefined ? `finished` : `failed`;
      return `${entry.call_id} ${what} (${duration(entry.duration_ms)}): ${
        entry.error ?? entry.output ?? ""
      }`;
    }
    case "attempt_ended":
      return `attempt ended: ${entry.outcome}${entry.message ? `, ${entry.message}` : ""}`;
  }
}
