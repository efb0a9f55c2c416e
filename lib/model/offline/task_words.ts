/** Which tasks a person means: by number, by words of the title, by the end of an id, or "it". */
import { asObject } from "../protocol_break.ts";
import { parse } from "./reading.ts";

/** A task as the chat's tools list it. */
export interface KnownTask {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  /** Counted from the conversation's first; 0 where that is not known. */
  readonly number: number;
  /** Milliseconds since the epoch; NaN where that is not known. */
  readonly created: number;
  readonly summary: string;
  /** It waits until then, milliseconds since the epoch; NaN where it does not wait. */
  readonly not_before: number;
}

const OPEN = new Set(["pending", "running"]);
const ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const NUMBERED = /(?:\b(?:task|number|no\.?)\s*#?|#)(\d{1,4})\b|\b(\d{1,4})(?:st|nd|rd|th)\b/i;
const NEWEST = /\b(?:last|latest|newest|most recent)\b/i;
const ALL = /\b(?:all|every|everything|both|them|they|those|these)\b/i;
const STATE = /\b(failed|completed|pending|running)\b/i;
const FILLERS = new Set(
  ("the a an my your this that it all every everything both them they those these task tasks one ones job jobs " +
    "you we us me there background of for on to with about doing going done finished ready running coming along yet now please " +
    "failed completed pending status state from in is was again last latest newest most recent number no")
    .split(" "),
);
/** Tasks of one sentence are begun within so many milliseconds. */
const TOGETHER_MS = 5_000;

/** The tasks in a list's answer, newest first. */
export function listedTasks(output: string): KnownTask[] {
  const tasks = parse(output)?.tasks;
  return (Array.isArray(tasks) ? tasks : []).flatMap((value): KnownTask[] => {
    const task = asObject(value) ?? {};
    const { task_id, id = task_id, state, title, number, summary } = task;
    if (typeof id !== "string") return [];
    return [{
      id,
      state: String(state),
      title: String(title ?? id),
      number: typeof number === "number" ? number : 0,
      created: Date.parse(String(task.created_at)),
      summary: typeof summary === "string" ? summary : "",
      not_before: Date.parse(String(task.not_before)),
    }];
  });
}

/** Whether a task has not ended. */
export function isOpen({ state }: KnownTask): boolean {
  return OPEN.has(state);
}

/** Whether words ask for more than one. */
export function meansAll(target: string): boolean {
  return ALL.test(target);
}

/** Whether words name no task in particular: "it", "that", "the task". */
export function meansIt(target: string): boolean {
  return wordsOf(target).length === 0 && numberIn(target) === undefined && !NEWEST.test(target) &&
    !STATE.test(target);
}

/** The tasks that words fit, in the list's order; all of them where the words name none. */
export function meantTasks(all: readonly KnownTask[], target: string): KnownTask[] {
  const state = STATE.exec(target)?.[1]?.toLowerCase();
  const tasks = state === undefined ? all : all.filter((task) => task.state === state);
  const number = numberIn(target);
  const numbered = tasks.filter((task) => number !== undefined && task.number === number);
  const words = wordsOf(target);
  if (
    numbered.length > 0 || (number !== undefined && words.every((word) => word === `${number}`))
  ) {
    return numbered;
  }
  const exact = tasks.filter(({ id }) => words.includes(id.toLowerCase()));
  if (exact.length > 0) return exact;
  const fitting = tasks.filter(({ id, title }) =>
    words.every((word) => `${id} ${title}`.toLowerCase().includes(word))
  );
  return NEWEST.test(target) ? fitting.slice(0, 1) : fitting;
}

/** The newest task and those begun with it. */
export function newestTogether(tasks: readonly KnownTask[]): KnownTask[] {
  const [newest] = tasks;
  return tasks.filter((task) => task === newest || newest!.created - task.created <= TOGETHER_MS);
}

function numberIn(target: string): number | undefined {
  const found = NUMBERED.exec(target);
  if (found !== null) return Number(found[1] ?? found[2]);
  const index = ORDINALS.findIndex((word) => new RegExp(`\\b${word}\\b`, "i").test(target));
  return index < 0 ? undefined : index + 1;
}

/** The words of a text that tell one task from another. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}*+/^_.-]+/u)
    .map((word) => word.replace(/^[.-]+|[.-]+$/g, ""))
    .filter((word) => word !== "" && !FILLERS.has(word) && !ORDINALS.includes(word))
    // A number stands for itself; behind a word it was read as a task's already.
    .filter((word) => !/^#?\d+(?:st|nd|rd|th)$/.test(word));
}

/** A task in a line. */
export function taskLine({ id, state, title, not_before }: KnownTask): string {
  const planned = Number.isNaN(not_before) ? "" : `, not before ${localTime(not_before)}`;
  return `- ${title}: ${state}${planned} (${shortId(id)})`;
}

/** On this machine's clock: 2026-11-22 15:00. */
function localTime(milliseconds: number): string {
  const at = new Date(milliseconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Lines of tasks behind a sentence; nothing where there are none. */
export function taskLines(tasks: readonly KnownTask[]): string {
  return tasks.map((task) => `\n${taskLine(task)}`).join("");
}

/** The end of an id, as notifications show it. */
function shortId(id: string): string {
  return id.length > 12 ? id.slice(-6) : id;
}
