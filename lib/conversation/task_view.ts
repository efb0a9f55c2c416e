/** Tasks as main's model is given them: what it can use, and no more than it can hold. */
import type { Task } from "../task/record.ts";
import { isTerminal } from "../task/state_machine.ts";

/** Longest text of a task that the model is given, in characters. */
const MAX_TEXT = 16_000;

/** A task in a list. */
export function briefTask({ state, record }: Task) {
  const { id, title, created_at, run_at, retry_at, finished_at, error } = record;
  return {
    id,
    title,
    state,
    created_at,
    ...(state === "pending" && (retry_at ?? run_at) ? { not_before: retry_at ?? run_at } : {}),
    ...(isTerminal(state) && finished_at !== undefined ? { finished_at } : {}),
    ...(state === "failed" && error !== undefined ? { error_code: error.code } : {}),
  };
}

/** A task that was asked for. */
export function detailedTask(task: Task) {
  const { prompt, result, error, last_error } = task.record;
  return {
    ...briefTask(task),
    prompt: cut(prompt, 2_000),
    ...(task.state === "completed" && result !== undefined
      ? { result: cut(result, MAX_TEXT) }
      : {}),
    ...(task.state === "failed" && error !== undefined
      ? { error: cut(error.message, MAX_TEXT) }
      : {}),
    ...(task.state === "pending" && last_error !== undefined
      ? { last_error: cut(last_error.message, 2_000) }
      : {}),
  };
}

function cut(text: string | undefined, max: number): string {
  if (text === undefined || text.length <= max) return text ?? "";
  return `${text.slice(0, max).toWellFormed()}… (cut from ${text.length} characters)`;
}
