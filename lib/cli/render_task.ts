/** Tasks and notifications as people read them at a terminal. Everything is sanitized here. */
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Notification } from "../task/notification.ts";
import type { Task, TaskRecord, TaskState } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { dueAt } from "../task/transitions.ts";
import { duration } from "./duration.ts";
import { renderJournal } from "./render_journal.ts";
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

/** How the title of a record begins whose file cannot be read; see lib/queue/file/lookup.ts. */
const UNREADABLE = "(not readable: ";
/** Columns of such a title. */
const UNREADABLE_WIDTH = 60;

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
    isUnreadable(record) ? "–" : ago(now - parseTime(record.created_at)),
    titleOf({ state, record }),
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

/** The queue's record of a file that cannot be read: its title says why, and its time is none. */
function isUnreadable({ title, created_at }: TaskRecord): boolean {
  return title.startsWith(UNREADABLE) && parseTime(created_at) === 0;
}

function reasonOf({ title }: TaskRecord): string {
  return title.slice(UNREADABLE.length).replace(/\)$/, "");
}

function titleOf({ state, record }: Task): string {
  const title = sanitizeLine(record.title);
  if (!isUnreadable(record)) return title;
  const yet = state === "pending" ? " yet" : "";
  return truncateTo(`not readable${yet}: ${sanitizeLine(reasonOf(record))}`, UNREADABLE_WIDTH);
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
    ["Not readable", isUnreadable(record) ? reasonOf(record) : undefined],
    ["Prompt", record.prompt],
    ["Result", isPending ? undefined : record.result],
    ["Error", isPending ? undefined : record.error?.message],
    ["Last error", isPending ? record.last_error?.message : undefined],
    ["Journal", renderJournal(journal, task, look)],
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
    ["title", titleOf(task)],
    ["conversation", record.conversation_id || undefined],
    ["created", isUnreadable(record) ? "–" : record.created_at],
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
    `${counted(usage.model_calls, "model call")}, ${counted(usage.tool_calls, "tool call")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
