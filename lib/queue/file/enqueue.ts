/** Handing in a task: see ARCHITECTURE.md, "The life of a task", step 1. */
import { isDiskFull } from "../../disk/disk_problem.ts";
import { writeTemporary } from "../../disk/publish.ts";
import { StorageProblem } from "../../storage_problem.ts";
import type { TaskRequest } from "../../task/record.ts";
import { encodeNew, newRecord } from "../new_record.ts";
import type { Enqueued } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { findOnce } from "./lookup.ts";

/** Durable when it resolves; changes nothing where the id exists in any state. */
export async function enqueueTask(
  context: EngineContext,
  request: TaskRequest & { id?: string },
): Promise<Enqueued> {
  const { disk, flusher, layout } = context;
  const record = newRecord(request, context);
  const { bytes } = encodeNew(record);
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
