/** What a producer hands in, checked and made a record: the same for every engine. */
import { ID_EXPECTED, isId, newIdAt } from "../task/id.ts";
import { assertShallow, describe, formatObject, JsonError } from "../task/json.ts";
import { checkRequest, withDefaults } from "../task/parse_record.ts";
import { MAX_RECORD_BYTES, type TaskRecord, type TaskRequest } from "../task/record.ts";
import { parseTime } from "../task/time.ts";
import { InvalidTask } from "./task_queue.ts";

const encoder = new TextEncoder();

/**
 * The record of a request, its defaults filled in.
 *
 * @param make ids that sort by time, and the wall clock in milliseconds since the epoch
 * @throws {InvalidTask} with a message that names the field and what was expected
 */
export function newRecord(
  request: TaskRequest & { id?: string },
  make: { readonly newId: () => string; readonly now: () => number },
): TaskRecord {
  const id = request.id ?? idFor(request) ?? make.newId();
  if (!isId(id)) throw new InvalidTask(`"id": expected ${ID_EXPECTED}, got ${describe(id)}`);
  const checked = checkRequest({ ...request, id });
  if (!checked.ok) throw new InvalidTask(checked.message);
  return withDefaults(id, checked.request, make.now());
}

// The time in an id that we make is the task's own: lists and filters go by it.
function idFor({ created_at }: TaskRequest): string | undefined {
  return typeof created_at === "string" ? newIdAt(parseTime(created_at)) : undefined;
}

/**
 * A new record as it is kept.
 *
 * @throws {InvalidTask} for what could not be read back: nested too deep, or too large
 */
export function encodeNew(
  record: TaskRecord,
): { readonly text: string; readonly bytes: Uint8Array } {
  const text = formatObject(record);
  try {
    assertShallow(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new InvalidTask(cause.message, { cause });
  }
  const bytes = encoder.encode(text);
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new InvalidTask(
      `the task has ${bytes.length} bytes, at most ${MAX_RECORD_BYTES} are allowed`,
    );
  }
  return { text, bytes };
}
