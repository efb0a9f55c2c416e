/** The words in which every view speaks of a task. All of them are harmless and of one line. */
import type { Task, TaskRecord, TaskState } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { dueAt } from "../task/transitions.ts";
import { duration } from "./duration.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./terminal.ts";
import { truncateTo } from "./text_width.ts";

/** How a state is marked. */
export const MARKS: Record<TaskState, readonly [mark: string, style: Style]> = {
  pending: ["○", "yellow"],
  running: ["●", "cyan"],
  completed: ["✓", "green"],
  failed: ["✗", "red"],
};

/** How the title of a record begins whose file cannot be read; see lib/queue/file/lookup.ts. */
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

/** Mark, state, and why or until when. */
export function stateText({ state, record }: Task, now: number): string {
  const mark = MARKS[state][0];
  const code = state === "failed" && record.error ? ` (${sanitizeLine(record.error.code)})` : "";
  const due = state === "pending" ? dueAt(record) - now : 0;
  return `${mark} ${state}${code}${due > 0 ? `, in ${duration(due)}` : ""}`;
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
