import type { Task } from "../task/record.ts";

/** Whether a person may send a task back to pending. */
export function isRetryable({ state, record }: Task, fresh: boolean): boolean {
  // What was no valid task before is none now.
  if (record.error?.code === "invalid_task") return false;
  return state === "failed" || (state === "completed" && fresh);
}
