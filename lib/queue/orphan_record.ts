import type { TaskRecord } from "../task/record.ts";
import { beginAttempt, type ClaimedRecord } from "../task/transitions.ts";

/**
 * The record of a task whose owner is gone. A crash right after the claim leaves it as it was
 * before: the attempt that was begun is then nobody's.
 */
export function orphanRecord(
  record: TaskRecord,
  { newId, now }: { readonly newId: () => string; readonly now: () => number },
): ClaimedRecord {
  if (hasOpenAttempt(record)) return record;
  const unknown = { service_id: "unknown", pid: 0, host: "" };
  return beginAttempt(record, unknown, newId(), now());
}

/** Whether an attempt was begun and has not ended. */
export function hasOpenAttempt(record: TaskRecord): record is ClaimedRecord {
  return record.finished_at === undefined && record.started_at !== undefined &&
    record.service_id !== undefined && record.incarnation !== undefined &&
    record.run !== undefined && record.attempt !== undefined &&
    record.interruptions !== undefined && record.attempts?.at(-1) !== undefined &&
    record.attempts.at(-1)?.ended_at === undefined;
}
