/** Finding tasks. Tasks move while one looks: a miss only counts after several passes. */
import { isId, timeOfId } from "../../task/id.ts";
import {
  type ParsedRecord,
  type Task,
  TASK_STATES,
  type TaskRecord,
  type TaskState,
} from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import type { TaskFilter } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { readAt } from "./record_file.ts";
import { stemOf } from "./stem_of.ts";

/** Passes over all states before an id counts as unknown, and the pause between them. */
const PASSES = 3;
const PASS_PAUSE_MS = 15;
/** Reading takes the event loop for at most so long at a time, in milliseconds. */
const SLICE_MS = 8;

/** One pass over the states, in the order in which tasks move. */
export async function findOnce(context: EngineContext, id: string): Promise<Task | undefined> {
  for (const state of TASK_STATES) {
    const parsed = await tryRead(context, state, id);
    if (parsed !== undefined) return await asTask(context, state, id, parsed);
  }
  return undefined;
}

// A file that this process may not read is a task all the same, and hides no other.
async function tryRead(
  context: EngineContext,
  state: TaskState,
  id: string,
): Promise<ParsedRecord | undefined> {
  try {
    return await readAt(context, state, id);
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
async function asTask(
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

/** Whether a record in running/ carries an ending that only has to be completed. */
export function isHonoured({ staged, finished_at }: TaskRecord): boolean {
  if (staged === undefined) return false;
  // An outside producer may write anything into its file: an ending without an end is none.
  return staged.to === "pending" || finished_at !== undefined;
}

function unreadable(id: string, parsed: Exclude<ParsedRecord, { kind: "task" }>): TaskRecord {
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

interface Candidate {
  readonly id: string;
  readonly state: TaskState;
  readonly created: number;
}

/** Tasks that fit, newest first. Only records that are asked for are read. */
export async function* eachTask(context: EngineContext, filter: TaskFilter): AsyncGenerator<Task> {
  const candidates = await listCandidates(context, filter.states ?? TASK_STATES);
  let sliceEnd = context.elapsed() + SLICE_MS;
  for (const { id, state } of candidates) {
    if (context.elapsed() > sliceEnd) {
      // A filter that few tasks fit reads many: the program must stay awake meanwhile.
      await context.sleep(0);
      sliceEnd = context.elapsed() + SLICE_MS;
    }
    const parsed = await tryRead(context, state, id);
    // It moved on since the directory was read.
    const task = parsed === undefined
      ? await findOnce(context, id)
      : await asTask(context, state, id, parsed);
    if (task !== undefined && fits(task, filter)) yield task;
  }
}

/** At most so many tasks that fit, newest first. */
export async function listTasks(
  context: EngineContext,
  { limit, ...filter }: TaskFilter & { readonly limit: number },
): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const task of eachTask(context, filter)) {
    tasks.push(task);
    if (tasks.length >= limit) break;
  }
  return tasks;
}

function fits({ state, record }: Task, filter: TaskFilter): boolean {
  const { states, conversation_id, text, created_from, created_before } = filter;
  const created = parseTime(record.created_at);
  return (states === undefined || states.includes(state)) &&
    (conversation_id === undefined || record.conversation_id === conversation_id) &&
    (created_from === undefined || created >= created_from) &&
    (created_before === undefined || created < created_before) &&
    (text === undefined || says(record, text.toLowerCase()));
}

function says({ id, title, prompt, result, error }: TaskRecord, text: string): boolean {
  return [id, title, prompt, result, error?.message].some((part) =>
    part?.toLowerCase().includes(text)
  );
}

async function listCandidates(
  context: EngineContext,
  states: readonly TaskState[],
): Promise<Candidate[]> {
  const byId = new Map<string, Candidate>();
  const note = (id: string, state: TaskState) =>
    byId.set(id, { id, state, created: timeOfId(id) ?? NaN });
  // A task that moves forward meanwhile is seen twice; the later state is the true one. What is
  // in running/ may be staged, and then counts as where it is going.
  for (const state of TASK_STATES) {
    if (!states.includes(state) && state !== "running") continue;
    for (const id of await listIds(context, state)) note(id, state);
  }
  // One that moved back meanwhile would be missed: pending/ is read again.
  if (states.includes("pending")) {
    for (const id of await listIds(context, "pending")) if (!byId.has(id)) note(id, "pending");
  }
  return await sortNewestFirst(context, [...byId.values()]);
}

async function listIds({ disk, layout }: EngineContext, state: TaskState): Promise<string[]> {
  const entries = await disk.list(layout.state(state)) ?? [];
  return entries.map(({ name }) => stemOf(name)).filter(isId);
}

// ULIDs carry their time; for other names the file's modification time has to do.
async function sortNewestFirst(
  { disk, layout }: EngineContext,
  candidates: Candidate[],
): Promise<Candidate[]> {
  const dated: Candidate[] = [];
  for (const candidate of candidates) {
    if (!Number.isNaN(candidate.created)) dated.push(candidate);
    else {
      const info = await disk.stat(layout.task(candidate.state, candidate.id));
      dated.push({ ...candidate, created: info?.mtime ?? 0 });
    }
  }
  return dated.sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
}
