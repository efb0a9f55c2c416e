/** A task from the flags of `tasks add`: the fields of a pending record. */
import { checkRequest } from "../../task/parse_record.ts";
import { type TaskRequest } from "../../task/record.ts";
import { UsageError } from "../usage_error.ts";

/** Whom a task notifies that names no conversation. */
const CLI_CONVERSATION = "cli";

const NUMBERS = ["priority", "max-attempts", "timeout-seconds", "max-steps", "max-tokens"];

/**
 * @param values the flags' values by name
 * @throws {UsageError} when one of them is wrong
 */
export function taskRequestOf(
  values: Readonly<Record<string, string>>,
): TaskRequest & { id?: string } {
  const request: Record<string, unknown> = { conversation_id: CLI_CONVERSATION };
  for (const [flag, text] of Object.entries(values)) {
    if (flag === "dir") continue;
    const field = flag === "conversation" ? "conversation_id" : flag.replaceAll("-", "_");
    request[field] = valueOf(flag, text);
  }
  const checked = checkRequest(request);
  if (checked.ok) {
    const { id, ...fields } = checked.request;
    return id === undefined ? fields : { ...fields, id };
  }
  throw new UsageError(`Cannot add the task: ${flagged(checked.message)}; see tasks add --help`);
}

function valueOf(flag: string, text: string): unknown {
  // What is no number stays a text, and the check of the record says what was expected.
  if (NUMBERS.includes(flag)) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (flag === "tools") return text.split(",").map((name) => name.trim()).filter((n) => n !== "");
  if (flag === "metadata") return jsonOf(text);
  if (flag === "run-at" || flag === "created-at") return timeOf(text);
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--metadata: expected a JSON object, got "${text}"`, { cause });
  }
}

// Records hold UTC; a time without an offset would mean another instant on another machine.
function timeOf(text: string): string {
  const offset = /T.*(?:Z|[+-]\d\d:\d\d)$/i.test(text);
  return offset && Number.isFinite(Date.parse(text)) ? new Date(text).toISOString() : text;
}

// The record's message names the field; the person typed a flag.
function flagged(message: string): string {
  return message.replace(/^"(\w+)"/, (_, field: string) => {
    const flag = field === "conversation_id" ? "conversation" : field.replaceAll("_", "-");
    return `--${flag}`;
  });
}
