import type { TaskState } from "../../task/record.ts";

/** BullMQ's states of a task that waits, whatever for. */
export const WAITING = ["wait", "paused", "prioritized", "delayed", "waiting-children"] as const;

/** Of its states these are lists, taken from their end; the others are sorted sets. */
export const LISTS: ReadonlySet<string> = new Set(["active", "wait", "paused"]);

/** The state of a task whose job is in one of BullMQ's; `undefined` where it is in none. */
export function taskStateOf(state: string): TaskState | undefined {
  if (state === "completed" || state === "failed") return state;
  if (state === "active") return "running";
  return WAITING.some((name) => name === state) ? "pending" : undefined;
}
