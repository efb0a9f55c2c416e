/** Finding tasks. Tasks move while one looks: a miss only counts after several passes. */
import { isId } from "../../task/id.ts";
import type { ParsedRecord } from "../../task/parse_record.ts";
import { type Task, TASK_STATES, type TaskState } from "../../task/record.ts";
import { isHonoured } from "../staged_ending.ts";
import { unreadable } from "../unreadable.ts";
import type { EngineContext } from "./context.ts";
import { readAt } from "./record_file.ts";

/** Passes over all states before an id counts as unknown, and the pause between them. */
const PASSES = 3;
const PASS_PAUSE_MS = 15;

/** One pass over the states, in the order in which tasks move. */
export async function findOnce(context: EngineContext, id: string): Promise<Task | undefined> {
  for (const state of TASK_STATES) {
    const parsed = await tryRead(context, state, id, readAt(context, state, id));
    if (parsed !== undefined) return await asTask(context, state, id, parsed);
  }
  return undefined;
}

// A file that this process may not read is a task all the same, and hides no other.
export async function tryRead<T>(
  context: EngineContext,
  state: TaskState,
  id: string,
  reading: Promise<T>,
): Promise<T | ParsedRecord | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (await context.disk.stat(context.layout.task(state, id)) === undefined) return undefined;
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
}

/** The task; `undefined` only after repeated passes have all missed it. */
export async function findTask(context: EngineContext, id: string): Promise<Task | undefined> {
  if (!isId(id)) return undefined;
  for (let pass = 1;; pass++) {
    const task = await findOnce(context, id);
    if (task !== undefined || pass === PASSES) return task;
    await context.sleep(PASS_PAUSE_MS);
  }
}

// A staged ending is decided: it counts as its target, once it is certain to survive.
export async function asTask(
  { flusher, layout }: EngineContext,
  state: TaskState,
  id: string,
  parsed: ParsedRecord,
): Promise<Task> {
  if (parsed.kind !== "task") return { state, record: unreadable(id, parsed) };
  const { staged } = parsed.record;
  if (state !== "running" || !isHonoured(parsed.record) || staged === undefined) {
    return { state, record: parsed.record };
  }
  await flusher.directory(layout.state("running"));
  return { state: staged.to, record: parsed.record };
}
