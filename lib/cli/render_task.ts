/** Tasks and notifications as people read them at a terminal. Everything is sanitized here. */
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Notification } from "../task/notification.ts";
import type { Task, TaskState } from "../task/record.ts";
import { byteText } from "../byte_text.ts";
import { duration } from "./duration.ts";
import { renderFacts } from "./facts.ts";
import { renderAttempts } from "./render_attempts.ts";
import { renderJournal } from "./render_journal.ts";
import { sanitize, sanitizeLine } from "./sanitize.ts";
import { paint } from "./styled_line.ts";
import { headLine, isUnreadable, ranFor, reasonOf, stateText, titleOf } from "./task_words.ts";
import { type OutputLook, styled } from "./terminal.ts";
import { wrapWords } from "./word_wrap.ts";

/** What a whole task may be shown with beyond its record. */
export interface TaskDetails {
  /** Arguments and outputs whole. */
  readonly full?: boolean;
  /** Its artifacts as they are kept; the record's names when absent. */
  readonly artifacts?: readonly KeptArtifact[];
}

export interface KeptArtifact {
  readonly name: string;
  /** Bytes; absent where it is gone. */
  readonly size?: number;
  /** Absent where it is no file of this machine. */
  readonly path?: string;
}

/**
 * A notification as a block of lines: mark, title, short id, then the message, indented. For what no
 * chat draws: whoever reads a pipe wants the text as it was written, with its Markdown and unbroken.
 */
export function renderNotification(notification: Notification, look: OutputLook): string {
  const { event, title, task_id, message } = notification;
  return endingBlock(event, title, task_id, message, look);
}

/** What came of an ended task, in the form of a notification but whole. */
export function renderEnding({ state, record }: Task, look: OutputLook): string {
  const { title, id, result, error } = record;
  return endingBlock(state, title, id, state === "completed" ? result : error?.message, look);
}

function endingBlock(
  state: TaskState,
  title: string,
  id: string,
  text: string | undefined,
  look: OutputLook,
): string {
  return `${paint(headLine(state, title, id), look)}\n${block(text ?? "", look)}\n`;
}

function block(text: string, { columns }: OutputLook): string {
  return wrapWords(indented(sanitize(text).trim()), columns);
}

function indented(text: string): string {
  return text.split("\n").map((line) => line === "" ? "" : `  ${line}`).join("\n");
}

/** One task whole: its fields, what came of it, its attempts, its journal as a timeline. */
export function renderTask(
  task: Task,
  journal: readonly JournalEntry[],
  look: OutputLook,
  now: number,
  { full = false, artifacts }: TaskDetails = {},
): string {
  const { record } = task;
  const isPending = task.state === "pending";
  const facts = factsOf(task, now)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, sanitizeLine(String(value))] as const);
  const timeline = renderJournal(journal, task, { columns: look.columns, full });
  const sections: [title: string, text: string | undefined][] = [
    ["Not readable", isUnreadable(record) ? block(reasonOf(record), look) : undefined],
    ["Prompt", block(record.prompt, look)],
    ["Result", isPending ? undefined : block(record.result ?? "", look)],
    ["Error", isPending ? undefined : block(record.error?.message ?? "", look)],
    ["Last error", isPending ? block(record.last_error?.message ?? "", look) : undefined],
    ["Artifacts", artifacts && indented(artifacts.map(artifactLine).join("\n"))],
    ["Attempts", renderAttempts(record, look)],
    ["Journal", indented(timeline)],
  ];
  return renderFacts(facts, look) +
    sections.flatMap(([title, text]) => text ? [`\n${styled(look, "bold", title)}\n${text}\n`] : [])
      .join("");
}

function artifactLine({ name, size, path = name }: KeptArtifact): string {
  return sanitizeLine(size === undefined ? `${name} is gone` : `${path} (${byteText(size)})`);
}

function factsOf(task: Task, now: number): [name: string, value: unknown][] {
  const { record } = task;
  return [
    ...requestFacts(task, now),
    // Sent back by hand it still carries its old ending, until it is claimed.
    ...(task.state === "pending" && record.finished_at !== undefined ? [] : runFacts(task, now)),
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

function runFacts(task: Task, now: number): [name: string, value: unknown][] {
  const { usage, run, attempt, interruptions = 0, ...record } = task.record;
  const ran = ranFor(task, now);
  return [
    ["attempt", attempt && `${attempt} of ${record.max_attempts}${run! > 1 ? `, run ${run}` : ""}`],
    ["interrupted", interruptions === 0 ? undefined : counted(interruptions, "time")],
    ["service", record.service_id && `${record.service_id} (pid ${record.pid})`],
    ["started", task.state === "running" ? record.started_at : undefined],
    ["finished", record.finished_at],
    ["duration", ran === undefined ? undefined : duration(ran)],
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
