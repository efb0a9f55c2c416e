import type { Task } from "../task/record.ts";
import { parseTime } from "../task/time.ts";

/**
 * What a task at the target is to one of the same id at the source: another task, the same one but
 * less far on (as a move that was cut short left it), or the same one, as far on or further.
 */
export type Relation = "other" | "behind" | "there";

export function compareTasks(source: Task, target: Task): Relation {
  if (!isSame(source, target)) return "other";
  const [a, b] = [progressOf(source), progressOf(target)];
  const ahead = a.begun === b.begun ? a.phase > b.phase : a.begun > b.begun;
  return ahead ? "behind" : "there";
}

function isSame({ record: a }: Task, { record: b }: Task): boolean {
  // A task has no incarnation before its first claim, and none after a retry from the beginning.
  const sameLife = a.incarnation === undefined || b.incarnation === undefined ||
    a.incarnation === b.incarnation;
  return sameLife && a.created_at === b.created_at && a.prompt === b.prompt &&
    a.conversation_id === b.conversation_id;
}

/** How far a task has come: by its last attempt's beginning, then by what became of that. */
function progressOf({ state, record }: Task): { begun: number; phase: number } {
  const last = record.attempts?.at(-1);
  return {
    begun: last === undefined ? -Infinity : parseTime(last.started_at),
    phase: phaseOf({ state, record }),
  };
}

function phaseOf({ state, record }: Task): number {
  if (state === "running") return record.staged === undefined ? 1 : 2;
  if (state !== "pending") return 3;
  // A pending record with an ending was sent back by a person.
  if (record.finished_at !== undefined) return 4;
  return record.attempts === undefined ? 0 : 3;
}
