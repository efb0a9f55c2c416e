import type { Task } from "../task/record.ts";

/** Why a task is not run again, and what to do instead; follows a colon. */
export function whyNotRetried({ state, record }: Task, fresh: boolean): string {
  if (record.error?.code === "invalid_task") {
    return `its file was no valid task; correct failed/${record.id}.original ` +
      "and hand it in under a new id";
  }
  if (fresh) return `it is ${state}; only completed and failed tasks can be retried`;
  return `it is ${state}; only failed tasks can be retried, completed ones with --fresh`;
}
