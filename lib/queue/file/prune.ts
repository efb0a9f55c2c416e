/** Removing ended tasks: see ARCHITECTURE.md, "The life of a task". */
import { isId } from "../../task/id.ts";
import type { Task, TaskState, TerminalState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { parseTime } from "../../task/time.ts";
import type { PruneOptions, PruneRefusal } from "../task_queue.ts";
import { dropCancelRequest } from "./cancel_requests.ts";
import type { EngineContext } from "./context.ts";
import { type HeldFile, hold, isAt } from "./held_file.ts";
import { findTask } from "./lookup.ts";
import { isMarked, mark, markPath } from "./prune_mark.ts";
import { readAt, readHeld } from "./record_file.ts";
import { dropOriginal } from "./reject.ts";

/** A task that moves, or that somebody holds, is looked for again so often. */
const ROUNDS = 5;
const ROUND_PAUSE_MS = 15;

type Pruned = { ok: true; task: Task };
type EndedTask = Task & { readonly state: TerminalState };

export async function pruneTask(
  context: EngineContext,
  id: string,
  options: PruneOptions,
): Promise<Pruned | PruneRefusal> {
  for (let round = 1;; round++) {
    const task = await findTask(context, id);
    if (task === undefined) return { ok: false, reason: "unknown" };
    const { state } = task;
    if (!isTerminal(state)) return { ok: false, reason: "wrong_state", task };
    const answer = await pruneIn(context, state, id, options);
    if (answer !== undefined) return answer;
    if (round === ROUNDS) return { ok: false, reason: "held", task };
    await context.sleep(ROUND_PAUSE_MS);
  }
}

/** `undefined` where it moved, or somebody else has it. */
async function pruneIn(
  context: EngineContext,
  state: TerminalState,
  id: string,
  options: PruneOptions,
): Promise<Pruned | PruneRefusal | undefined> {
  const path = context.layout.task(state, id);
  const result = await hold(context.disk, path);
  if (result.kind !== "ok") return undefined;
  const { held } = result;
  try {
    const task = await readEnded(held, state, id);
    const begun = await finishIfMarked(context, held, state, id);
    if (begun === "finished") return { ok: true, task };
    if (begun === "waits") return undefined;
    const reason = await whyNot(context, task, options);
    if (reason !== undefined) return { ok: false, reason, task };
    // A power cut can leave one file under two names: recovery ends that first.
    const running = context.layout.task("running", id);
    if (await context.disk.stat(running) !== undefined) return undefined;
    if (!await mark(context, path, id)) return undefined;
    await removeAll(context, held, task);
    return { ok: true, task };
  } finally {
    held.file.close();
  }
}

async function readEnded(
  held: HeldFile,
  state: TerminalState,
  id: string,
): Promise<EndedTask> {
  const parsed = await readHeld(id, state, held);
  if (parsed.kind === "task") return { state, record: parsed.record };
  const reason = parsed.kind === "newer"
    ? `its version ${parsed.version} is newer than this program`
    : parsed.message;
  throw new Error(`task "${id}" cannot be pruned: ${reason}; it is left as it is`);
}

async function whyNot(
  { notifications }: EngineContext,
  { record }: EndedTask,
  { ended_before, unread = false }: PruneOptions,
): Promise<"too_young" | "unread" | undefined> {
  if (ended_before !== undefined) {
    const ended = record.finished_at === undefined ? NaN : parseTime(record.finished_at);
    // One that does not say when it ended stays too.
    if (!(ended < ended_before)) return "too_young";
  }
  return !unread && await notifications.hasUnread(record) ? "unread" : undefined;
}

/**
 * The state of a task of this id that was begun after this one was pruned. Its name was free by
 * then, so nothing else of the old one was left; that the name is back is a power cut's work, which
 * forgot its removal but not what came after. What lies there under the id now is the new one's.
 */
async function newerTask(
  context: EngineContext,
  { state, record: { id } }: EndedTask,
): Promise<TaskState | undefined> {
  const { disk, layout } = context;
  const other = state === "completed" ? "failed" : "completed";
  for (const there of ["running", other] as const) {
    if (await disk.stat(layout.task(there, id)) !== undefined) return there;
  }
  // One that never ran may have come at any time, and has nothing yet.
  const pending = await readAt(context, "pending", id);
  return pending?.kind === "task" && pending.record.incarnation !== undefined
    ? "pending"
    : undefined;
}

// While its record is there nobody can begin another task of the id: so that comes last, and what
// went before is certain by then. A notification that was left would silence the next task's.
async function removeAll(
  context: EngineContext,
  held: HeldFile,
  task: EndedTask,
): Promise<void> {
  const { artifacts, flusher, journals, layout, notifications } = context;
  const { id } = task.record;
  // From here on a crash leaves half a task, which the mark has to say.
  await flusher.directory(layout.prune);
  await Promise.all([
    journals.remove(id),
    artifacts.remove(id),
    notifications.remove(task.record),
    dropCancelRequest(context, id),
    task.state === "failed" ? dropOriginal(context, id) : undefined,
  ]);
  await removeRecord(context, held, task);
}

async function removeRecord(
  context: EngineContext,
  held: HeldFile,
  { state, record: { id } }: EndedTask,
): Promise<void> {
  const { disk, flusher, layout } = context;
  const path = layout.task(state, id);
  if (await isAt(disk, held, path)) await disk.unlink(path);
  // The mark outlives the record on the disk too.
  await flusher.directory(layout.state(state));
  await disk.unlink(markPath(layout, id));
}

/** Finishes the prunes of processes that are gone. */
export async function finishPrunes(context: EngineContext): Promise<void> {
  const { complaints, disk, flusher, layout } = context;
  for (const { name } of await disk.list(layout.prune) ?? []) {
    if (!isId(name)) continue;
    try {
      await finishMarked(context, name);
      complaints.forget(`control/prune/${name}`);
    } catch (error) {
      if (flusher.failure !== undefined) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      complaints.leave(`control/prune/${name}`, reason);
    }
  }
}

async function finishMarked(context: EngineContext, id: string): Promise<void> {
  const { disk, layout } = context;
  const path = markPath(layout, id);
  const result = await hold(disk, path);
  if (result.kind !== "ok") return;
  const { held } = result;
  try {
    for (const state of ["completed", "failed"] as const) {
      if (!await isAt(disk, held, layout.task(state, id))) continue;
      await finishIfMarked(context, held, state, id);
      return;
    }
    // Its record is gone. Nobody else touches the mark while this process holds it.
    await disk.unlink(path);
  } finally {
    held.file.close();
  }
}

/**
 * Finishes the prune of a record that the caller holds, if it was begun: what was decided before its
 * process died is not decided again.
 *
 * @returns `waits` where another task of the id is running
 */
export async function finishIfMarked(
  context: EngineContext,
  held: HeldFile,
  state: TerminalState,
  id: string,
): Promise<"unmarked" | "finished" | "waits"> {
  if (!await isMarked(context, held, id)) return "unmarked";
  const task = await readEnded(held, state, id);
  const newer = await newerTask(context, task);
  if (newer === "running") return "waits";
  if (newer === undefined) await removeAll(context, held, task);
  else await removeRecord(context, held, task);
  return "finished";
}
