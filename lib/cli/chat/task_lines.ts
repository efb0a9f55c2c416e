/** This conversation's tasks as the chat shows them. Pure. */
import type { JournalEntry } from "../../task/journal_entry.ts";
import type { Task } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { summaryOfEnd } from "../../task/summary.ts";
import { markdownLines } from "../markdown/markdown_stream.ts";
import { sanitize, sanitizeLine } from "../sanitize.ts";
import { cutLine, plainLine, type StyledLine } from "../styled_line.ts";
import { headLine, standingText } from "../task_words.ts";
import type { Look } from "../terminal.ts";
import { stepLines } from "./step_lines.ts";

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
      [...plainLine("  "), ...plainLine(standing(story, now), "dim"), ...gist(story)],
      look.columns,
    ),
  ]);
}

function headOf({ state, record: { title, id } }: Task): StyledLine {
  return headLine(state, title, id);
}

function standing({ task, journal }: TaskStory, now: number): string {
  return standingText(task, journal, now);
}

function gist({ task: { state, record } }: TaskStory): StyledLine {
  const isTold = isTerminal(state) && record.error?.code !== "cancelled";
  const text = isTold ? summaryOfEnd(record) : "";
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
    cutLine(plainLine(`  ${standing(story, now)}`, "dim"), look.columns),
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
