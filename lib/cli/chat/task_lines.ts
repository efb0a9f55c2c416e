/** This conversation's tasks as the chat shows them. Pure. */
import type { JournalEntry } from "../../task/journal_entry.ts";
import { type Activity, activityOf } from "../../task/activity.ts";
import type { Task, TaskState } from "../../task/record.ts";
import { summaryOf } from "../../task/summary.ts";
import { parseTime } from "../../task/time.ts";
import { dueAt } from "../../task/transitions.ts";
import { duration } from "../duration.ts";
import { markdownLines } from "../markdown/markdown_stream.ts";
import { shortId } from "../render_task.ts";
import { sanitize, sanitizeLine } from "../sanitize.ts";
import { cutLine, plainLine, type StyledLine } from "../styled_line.ts";
import type { Style } from "../terminal.ts";
import type { Look } from "./notification_lines.ts";
import { stepLines } from "./step_lines.ts";

const MARKS: Record<TaskState, readonly [mark: string, style: Style]> = {
  pending: ["○", "yellow"],
  running: ["●", "cyan"],
  completed: ["✓", "green"],
  failed: ["✗", "red"],
};

/** Of a prompt so many lines are shown. */
const PROMPT_LINES = 3;

/** A task and what its journal says. */
export interface TaskStory {
  readonly task: Task;
  readonly journal: readonly JournalEntry[];
}

/** Mark, title and id, then the state with what goes on, or what came of it. */
export function taskLines(stories: readonly TaskStory[], look: Look, now: number): StyledLine[] {
  return stories.flatMap((story) => [
    cutLine(headOf(story.task), look.columns),
    cutLine(
      [...plainLine("  "), ...plainLine(stateText(story, now), "dim"), ...gist(story)],
      look.columns,
    ),
  ]);
}

/** Mark, title and short id. */
export function headOf({ state, record }: Task): StyledLine {
  const [mark, style] = MARKS[state];
  return [
    ...plainLine(mark, style),
    ...plainLine(` ${sanitizeLine(record.title)}`, "bold"),
    ...plainLine(` (${shortId(sanitizeLine(record.id))})`, "dim"),
  ];
}

/** The state in words, with times as a person counts them. */
export function stateText({ task, journal }: TaskStory, now: number): string {
  const { state, record } = task;
  const age = ago(record.created_at, now);
  switch (state) {
    case "pending": {
      const due = dueAt(record) - now;
      const when = due > 0 ? `due in ${duration(due)}` : "waits for a service";
      const last = record.last_error?.message;
      const why = last === undefined ? "" : `, last attempt: ${sanitizeLine(last)}`;
      return `pending, ${when}${why} · made ${age}`;
    }
    case "running": {
      const since = record.started_at ?? journal[0]?.at;
      const time = since === undefined ? "" : ` ${duration(Math.max(0, now - parseTime(since)))}`;
      return `running${time} · ${activityText(activityOf(journal), now)}`;
    }
    case "completed":
      return `completed ${endedText(task, now)}`;
    case "failed": {
      const code = record.error?.code ?? "failed";
      return `${code === "cancelled" ? code : `failed (${sanitizeLine(code)})`} ${
        endedText(task, now)
      }`;
    }
  }
}

/** What a run is doing: its step, and the tools at work or the model. */
export function activityText(activity: Activity, now: number): string {
  const { kind, steps, calls, since } = activity;
  const time = since === undefined ? "" : ` ${duration(Math.max(0, now - parseTime(since)))}`;
  if (kind === "starting") return "starting";
  if (kind === "ended") return "ending";
  const step = `step ${steps + (kind === "thinking" ? 1 : 0)}`;
  if (kind === "thinking") return `${step}, thinking${time}`;
  const [first, ...others] = calls;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `${step}, ${sanitizeLine(first?.name ?? "")}${more}${time}`;
}

// As people say it: in one unit.
function ago(time: string, now: number): string {
  const passed = Math.max(0, now - parseTime(time));
  return passed < 1_000 ? "just now" : `${/^\d+/.exec(duration(passed))?.[0]}${unitOf(passed)} ago`;
}

function unitOf(milliseconds: number): string {
  return /[a-z]/.exec(duration(milliseconds))?.[0] ?? "";
}

function endedText({ record }: Task, now: number): string {
  const took = record.duration_ms === undefined ? "" : `after ${duration(record.duration_ms)}, `;
  return record.finished_at === undefined ? "" : `${took}${ago(record.finished_at, now)}`;
}

function gist({ task: { state, record } }: TaskStory): StyledLine {
  const text = state === "completed"
    ? summaryOf(record.result ?? "")
    : state === "failed" && record.error?.code !== "cancelled"
    ? summaryOf(record.error?.message ?? "")
    : "";
  return text === "" ? [] : plainLine(`: ${sanitizeLine(text)}`);
}

/** One task: what was asked for and how it went. */
export function taskStory(story: TaskStory, look: Look, now: number): StyledLine[] {
  const { record } = story.task;
  return [
    cutLine(
      [...headOf(story.task), ...plainLine(` ${sanitizeLine(record.id)}`, "dim")],
      look.columns,
    ),
    cutLine(plainLine(`  ${stateText(story, now)}`, "dim"), look.columns),
    ...promptLines(record.prompt, look),
    ...stepLines(story.journal, look.columns),
  ];
}

function promptLines(prompt: string, look: Look): StyledLine[] {
  const lines = sanitize(prompt).trim().split("\n");
  const hidden = lines.length - PROMPT_LINES;
  return [
    ...lines.slice(0, PROMPT_LINES).map((line) =>
      cutLine([...plainLine("  │ ", "dim"), ...plainLine(line)], look.columns)
    ),
    ...(hidden > 0 ? [plainLine(`  │ … ${hidden} more lines`, "dim")] : []),
  ];
}

/** What came of a task, whole; nothing while it has not ended. */
export function resultLines({ state, record }: Task, look: Look): StyledLine[] {
  const { error, result = "", artifacts = [] } = record;
  const text = state === "completed" ? result : state === "failed" ? error?.message ?? "" : "";
  if (text.trim() === "" && artifacts.length === 0) return [];
  const files = artifacts.map((name) => sanitizeLine(name)).join(", ");
  return [
    [],
    ...markdownLines(text.trim(), look),
    ...(artifacts.length === 0 ? [] : [plainLine(`files: ${files}`, "dim")]),
  ];
}
