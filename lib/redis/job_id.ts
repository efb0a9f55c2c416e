/**
 * A task's id as BullMQ's. Two kinds of ids it cannot have: whole numbers, which it gives itself, and
 * the last parts of its queue's own keys. These get a `_` in front, with which no id of ours begins.
 */

/** What BullMQ puts after `prefix:queue:` besides the ids of jobs. */
export const RESERVED_NAMES: readonly string[] = [
  "active",
  "completed",
  "de",
  "delayed",
  "events",
  "failed",
  "id",
  "limiter",
  "marker",
  "meta",
  "paused",
  "pc",
  "prioritized",
  "priority",
  "repeat",
  "stalled",
  "stalled-check",
  "wait",
  "waiting-children",
];

const RESERVED = new Set(RESERVED_NAMES);
const WHOLE_NUMBER = /^\d+$/;

/** The id of the job that a task is. */
export function jobIdOf(task_id: string): string {
  return needsMark(task_id) ? `_${task_id}` : task_id;
}

/**
 * The id of the task that a job is. A job of a foreign producer keeps the id that it was given, which
 * may be no legal one.
 */
export function taskIdOf(job_id: string): string {
  const task_id = job_id.slice(1);
  return job_id.startsWith("_") && needsMark(task_id) ? task_id : job_id;
}

/** Where a task may be, the first place first: a foreign producer's job has its number bare. */
export function jobIdsOf(task_id: string): readonly string[] {
  return WHOLE_NUMBER.test(task_id) ? [`_${task_id}`, task_id] : [jobIdOf(task_id)];
}

function needsMark(task_id: string): boolean {
  return WHOLE_NUMBER.test(task_id) || RESERVED.has(task_id);
}
