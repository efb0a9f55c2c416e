import type { ParsedRecord } from "../task/parse_record.ts";
import type { TaskRecord } from "../task/record.ts";

/** What lists show of a task whose record cannot be read. */
export function unreadable(
  id: string,
  parsed: Exclude<ParsedRecord, { kind: "task" }>,
): TaskRecord {
  const problem = parsed.kind === "newer"
    ? `written by a newer version (${parsed.version})`
    : parsed.message;
  return {
    version: parsed.kind === "newer" ? parsed.version : 1,
    id,
    conversation_id: parsed.kind === "invalid" ? parsed.conversation_id ?? "" : "",
    title: `(not readable: ${problem})`,
    prompt: "",
    priority: 0,
    created_at: "1970-01-01T00:00:00.000Z",
    max_attempts: 1,
    timeout_seconds: 0,
    max_steps: 0,
  } as TaskRecord;
}
