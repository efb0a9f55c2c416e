/** Handing in a task: see ARCHITECTURE.md, "The life of a task", step 1. */
import { isDiskFull } from "../../disk/disk_problem.ts";
import { writeTemporary } from "../../disk/publish.ts";
import { StorageProblem } from "../../storage_problem.ts";
import { ID_EXPECTED, isId, newIdAt } from "../../task/id.ts";
import { assertShallow, describe, formatObject, JsonError } from "../../task/json.ts";
import { checkRequest, withDefaults } from "../../task/parse_record.ts";
import { MAX_RECORD_BYTES, type TaskRecord, type TaskRequest } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import { type Enqueued, InvalidTask } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { findOnce } from "./lookup.ts";

const encoder = new TextEncoder();

/** Durable when it resolves; changes nothing where the id exists in any state. */
export async function enqueueTask(
  context: EngineContext,
  request: TaskRequest & { id?: string },
): Promise<Enqueued> {
  const { disk, flusher, layout } = context;
  const record = validRecord(context, request);
  const bytes = encode(record);
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new InvalidTask(
      `the task has ${bytes.length} bytes, at most ${MAX_RECORD_BYTES} are allowed`,
    );
  }
  // An id made just now, with 80 random bits in it, is nobody else's.
  const existing = request.id === undefined ? undefined : await answerExisting(context, record.id);
  if (existing !== undefined) return existing;
  const temporary = layout.temporary(record.id);
  const file = await writeOrExplain(context, temporary, bytes);
  file.close();
  // A link refuses an existing name, where a rename would replace it without a word.
  let created;
  try {
    created = await disk.link(temporary, layout.task("pending", record.id));
  } finally {
    await disk.unlink(temporary);
  }
  await flusher.directory(layout.state("pending"));
  return { id: record.id, state: "pending", created };
}

async function writeOrExplain(context: EngineContext, temporary: string, bytes: Uint8Array) {
  try {
    return await writeTemporary(context, temporary, bytes);
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    throw new StorageProblem(
      `Cannot add the task: the disk that holds "${context.layout.root}" is full; nothing was ` +
        "added, make room there and try again",
      { cause },
    );
  }
}

function validRecord(
  { newId, now }: EngineContext,
  request: TaskRequest & { id?: string },
): TaskRecord {
  const id = request.id ?? idFor(request) ?? newId();
  if (!isId(id)) throw new InvalidTask(`"id": expected ${ID_EXPECTED}, got ${describe(id)}`);
  const checked = checkRequest({ ...request, id });
  if (!checked.ok) throw new InvalidTask(checked.message);
  return withDefaults(id, checked.request, now());
}

// The time in an id that we make is the task's own: lists and filters go by it.
function idFor({ created_at }: TaskRequest): string | undefined {
  return typeof created_at === "string" ? newIdAt(parseTime(created_at)) : undefined;
}

// What could not be read back is not written.
function encode(record: TaskRecord): Uint8Array {
  const text = formatObject(record);
  try {
    assertShallow(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new InvalidTask(cause.message, { cause });
  }
  return encoder.encode(text);
}

// "Exists already" is a promise too: what it rests on is flushed before it is given.
async function answerExisting(
  context: EngineContext,
  id: string,
): Promise<Enqueued | undefined> {
  const task = await findOnce(context, id);
  if (task === undefined) return undefined;
  await context.flusher.directory(context.layout.state(task.state));
  return { id, state: task.state, created: false };
}
