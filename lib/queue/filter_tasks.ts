/** Which tasks a filter lets through. */
import { timeOfId } from "../task/id.ts";
import type { Task, TaskRecord, TaskState } from "../task/record.ts";
import { isTerminal } from "../task/state_machine.ts";
import { parseTime } from "../task/time.ts";
import type { TaskFilter } from "./task_queue.ts";

/** Whether a filter lets a task through. */
export function fits({ state, record }: Task, filter: TaskFilter): boolean {
  const { states, conversation_id, error_codes, text, created_from, created_before } = filter;
  const created = timeOfId(record.id) ?? parseTime(record.created_at);
  return (states === undefined || states.includes(state)) &&
    (conversation_id === undefined || record.conversation_id === conversation_id) &&
    (error_codes === undefined || failedWith(error_codes, { state, record })) &&
    (created_from === undefined || created >= created_from) &&
    (created_before === undefined || created < created_before) &&
    (text === undefined || says(record, text.toLowerCase()));
}

// One that was sent back still carries its old error.
function failedWith(codes: readonly string[], { state, record }: Task): boolean {
  return state === "failed" && record.error !== undefined && codes.includes(record.error.code);
}

function says({ id, title, prompt, result, error }: TaskRecord, text: string): boolean {
  return [id, title, prompt, result, error?.message].some((part) =>
    part?.toLowerCase().includes(text)
  );
}

/** Whether records in this state are looked at before they are parsed: those we have written. */
export function looksAtText(state: TaskState, { conversation_id, text }: TaskFilter): boolean {
  return isTerminal(state) && (conversation_id !== undefined || text !== undefined);
}

/**
 * Whether the text of a record may be that of a task that fits: true where only parsing it can
 * tell. Looking for a text costs a fraction of parsing and checking, and of very many tasks most do
 * not fit.
 */
export function mayFit(
  id: string,
  content: string,
  { conversation_id, text }: TaskFilter,
): boolean {
  // With escapes that our own formatter does not need it may say the same otherwise.
  if (content.includes("\\u")) return true;
  if (conversation_id !== undefined && !content.includes(`"${conversation_id}"`)) return false;
  if (text === undefined || /["\\/\p{Cc}]/u.test(text)) return true;
  const wanted = text.toLowerCase();
  return content.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted);
}
