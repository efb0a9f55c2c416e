/** Sending an ended task back to pending/: see ARCHITECTURE.md, "The life of a task", step 10. */
import type { ParsedRecord } from "../../task/parse_record.ts";
import type { TaskRecord, TerminalState } from "../../task/record.ts";
import { retryByHand } from "../../task/transitions.ts";
import { isRetryable } from "../retryable.ts";
import type { Refusal, Task } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { hold } from "./held_file.ts";
import { findTask } from "./lookup.ts";
import { finishIfMarked } from "./prune.ts";
import { readHeld, replaceRecord } from "./record_file.ts";
import { setAsideDuplicate } from "./settle.ts";

/** A moving task is looked for again so often. */
const ROUNDS = 5;
const ROUND_PAUSE_MS = 15;

export async function retryTask(
  context: EngineContext,
  id: string,
  fresh: boolean,
): Promise<{ ok: true; task: Task } | Refusal> {
  for (let round = 0; round < ROUNDS; round++) {
    const task = await findTask(context, id);
    if (task === undefined) return { ok: false, reason: "unknown" };
    if (!isRetryable(task, fresh)) return { ok: false, reason: "wrong_state", task };
    const record = await sendBack(context, task.state as TerminalState, id, fresh);
    if (record !== undefined) return { ok: true, task: { state: "pending", record } };
    await context.sleep(ROUND_PAUSE_MS);
  }
  throw new Error(`task "${id}" could not be retried: somebody else holds it; try again`);
}

async function sendBack(
  context: EngineContext,
  from: TerminalState,
  id: string,
  fresh: boolean,
): Promise<TaskRecord | undefined> {
  const { disk, flusher, layout } = context;
  const result = await hold(disk, layout.task(from, id));
  if (result.kind !== "ok") return undefined;
  const { held } = result;
  try {
    const parsed = await readHeld(id, from, held);
    if (parsed.kind !== "task") throw unreadable(id, parsed);
    // Half of it is gone: what would run again is not what had run.
    if (await finishIfMarked(context, held, from, id) !== "unmarked") return undefined;
    const record = retryByHand(parsed.record, fresh);
    // Without this copy a crash after the next claim would end the task again with its old ending.
    await replaceRecord(context, held, from, record);
    await setAsideDuplicate(context, id);
    if (!await disk.rename(layout.task(from, id), layout.task("pending", id))) return undefined;
    await flusher.directory(layout.state("pending"));
    await flusher.directory(layout.state(from));
    return record;
  } finally {
    held.file.close();
  }
}

function unreadable(id: string, parsed: Exclude<ParsedRecord, { kind: "task" }>): Error {
  const reason = parsed.kind === "newer"
    ? `its version ${parsed.version} is newer than this program`
    : parsed.message;
  return new Error(`task "${id}" cannot be retried: ${reason}; it is left as it is`);
}
