/** The words in which every view speaks of a task. All of them are harmless and of one line. */
import { type Activity, activityOf } from "../task/activity.ts";
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Task, TaskRecord, TaskState } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { dueAt } from "../task/transitions.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";
import { plainLine, type StyledLine } from "./styled_line.ts";
import type { Style } from "./terminal.ts";
import { truncateTo } from "./text_width.ts";

/** How a state is marked. */
export const MARKS: Record<TaskState, readonly [mark: string, style: Style]> = {
  pending: ["○", "yellow"],
  running: ["●", "cyan"],
  completed: ["✓", "green"],
  failed: ["✗", "red"],
};

/** How the title of a record begins whose file cannot be read; see lib/queue/unreadable.ts. */
const UNREADABLE = "(not readable: ";
/** Columns of such a title. */
const UNREADABLE_WIDTH = 60;
/** Longer ids are shortened. */
const LONGEST = 12;
/** Characters that a shortened id keeps of its end. */
const KEPT = 6;

/** An id as short as a person needs it: the end of a long one. */
export function shortId(id: string): string {
  return id.length <= LONGEST ? id : id.slice(-KEPT);
}

/** {@linkcode shortId} of each, longer where two of them would look the same. */
export function shortIds(ids: readonly string[]): string[] {
  for (let kept = KEPT;; kept++) {
    const short = ids.map((id) => id.length <= LONGEST ? id : id.slice(-kept));
    if (new Set(short).size === new Set(ids).size || kept >= 64) return short;
  }
}

/** The queue's record of a file that cannot be read: its title says why, and its time is none. */
export function isUnreadable({ title, created_at }: TaskRecord): boolean {
  return title.startsWith(UNREADABLE) && parseTime(created_at) === 0;
}

/** Why the file of {@linkcode isUnreadable} cannot be read. */
export function reasonOf({ title }: TaskRecord): string {
  return title.slice(UNREADABLE.length).replace(/\)$/, "");
}

/** What the task is called. */
export function titleOf({ state, record }: Task): string {
  const title = sanitizeLine(record.title);
  if (!isUnreadable(record)) return title;
  const yet = state === "pending" ? " yet" : "";
  return truncateTo(`not readable${yet}: ${sanitizeLine(reasonOf(record))}`, UNREADABLE_WIDTH);
}

/** Mark, title and short id. */
export function headLine(state: TaskState, title: string, id: string): StyledLine {
  const [mark, style] = MARKS[state];
  return [
    ...plainLine(mark, style),
    ...plainLine(` ${sanitizeLine(title)}`, "bold"),
    ...plainLine(` (${shortId(sanitizeLine(id))})`, "dim"),
  ];
}

/** Mark, state, and why or until when. */
export function stateText({ state, record }: Task, now: number): string {
  const mark = MARKS[state][0];
  const code = state === "failed" && record.error ? ` (${sanitizeLine(record.error.code)})` : "";
  const due = state === "pending" ? dueAt(record) - now : 0;
  return `${mark} ${state}${code}${due > 0 ? `, in ${duration(due)}` : ""}`;
}

/** The state as a sentence tells it: with what goes on, and with times as a person counts them. */
export function standingText(
  { state, record }: Task,
  journal: readonly JournalEntry[],
  now: number,
): string {
  switch (state) {
    case "pending": {
      const due = dueAt(record) - now;
      const when = due > 0 ? `due in ${duration(due)}` : "waits for a service";
      const last = record.last_error?.message;
      const why = last === undefined ? "" : `, last attempt: ${sanitizeLine(last)}`;
      return `pending, ${when}${why} · made ${agoText(record.created_at, now)}`;
    }
    case "running": {
      const since = record.started_at ?? journal[0]?.at;
      const time = since === undefined ? "" : ` ${passed(since, now)}`;
      return `running${time} · ${activityText(activityOf(journal), now)}`;
    }
    case "completed":
      return `completed ${endedText(record, now)}`;
    case "failed": {
      const code = record.error?.code ?? "failed";
      const how = code === "cancelled" ? code : `failed (${sanitizeLine(code)})`;
      return `${how} ${endedText(record, now)}`;
    }
  }
}

/** What a running task does just now and since when: `step 3, get_weather (4.0s)`. */
export function activityText({ kind, steps, calls, since }: Activity, now: number): string {
  const names = [...new Set(calls.map(({ name }) => name))].join(", ");
  // What runs belongs to the answer that asked for it; a model that thinks is at its next one.
  const step = kind === "thinking" ? steps + 1 : steps;
  const what = kind === "calling" ? names : kind === "ended" ? "ending" : kind;
  const time = since === undefined ? "" : ` (${passed(since, now)})`;
  return sanitizeLine(step === 0 ? `${what}${time}` : `step ${step}, ${what}${time}`);
}

function endedText({ duration_ms, finished_at }: TaskRecord, now: number): string {
  const took = duration_ms === undefined ? "" : `after ${duration(duration_ms)}, `;
  return finished_at === undefined ? "" : `${took}${agoText(finished_at, now)}`;
}

// As people say it: in one unit.
function agoText(time: string, now: number): string {
  if (now - parseTime(time) < 1_000) return "just now";
  const [, count, unit] = /^(\d+)[.\d]*([a-z])/.exec(passed(time, now))!;
  return `${count}${unit} ago`;
}

function passed(since: string, now: number): string {
  return duration(Math.max(0, now - parseTime(since)));
}

/** How long ago it was made; "" where nobody knows. */
export function ageText({ record }: Task, now: number): string {
  if (isUnreadable(record)) return "";
  return duration(Math.max(0, now - parseTime(record.created_at)));
}

/** How long it ran, or runs already, in milliseconds; `undefined` where it did not start. */
export function ranFor({ state, record }: Task, now: number): number | undefined {
  if (state === "running") {
    const { started_at } = record;
    return started_at === undefined ? undefined : Math.max(0, now - parseTime(started_at));
  }
  return state === "pending" ? undefined : record.duration_ms;
}
