import type { TaskRecord } from "../task/record.ts";

/** Whether the record of a running task carries an ending that only has to be completed. */
export function isHonoured({ staged, finished_at }: TaskRecord): boolean {
  if (staged === undefined) return false;
  // An outside producer may write anything into its record: an ending without an end is none.
  return staged.to === "pending" || finished_at !== undefined;
}
