import type { Task } from "../task/record.ts";

/**
 * Why a task is not run again, and what to do instead; follows a colon.
 *
 * @param original what people call the place of what was handed in
 */
export function whyNotRetried({ state, record }: Task, fresh: boolean, original: string): string {
  if (record.error?.code === "invalid_task") {
    return `what was handed in is no valid task; correct ${original} and hand it in under a new id`;
  }
  if (fresh) return `it is ${state}; only completed and failed tasks can be retried`;
  return `it is ${state}; only failed tasks can be retried, completed ones with --fresh`;
}
