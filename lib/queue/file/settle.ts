/** The last steps of every ending, the same for the runner, the canceller and recovery. */
import { getLogger } from "@logtape/logtape";
import type { PreparedNotification } from "../../notifications/notifications.ts";
import { notificationOf } from "../../task/notification.ts";
import type { TaskRecord, TerminalState } from "../../task/record.ts";
import { isTerminal, isTransition } from "../../task/state_machine.ts";
import { dropCancelRequest } from "./cancel_requests.ts";
import type { EngineContext } from "./context.ts";
import { hold } from "./held_file.ts";

const log = getLogger(["bts", "queue"]);

/** Another service holds a duplicate for a moment, while it finds out that it is one. */
const HELD_ROUNDS = 5;
const HELD_PAUSE_MS = 10;

/**
 * Moves a staged record out of running/: publishes its notification, renames, flushes. Every step
 * may be repeated after a crash. The caller holds the record's lock.
 *
 * @param first its notification, where that was written already and never published
 */
export async function settle(
  context: EngineContext,
  record: TaskRecord,
  first?: PreparedNotification,
): Promise<void> {
  const { disk, flusher, layout } = context;
  const to = record.staged?.to;
  if (to === undefined) throw new Error(`task "${record.id}" is not staged`);
  if (!isTransition("running", to)) throw new Error(`no task goes from running to ${to}`);
  if (isTerminal(to)) {
    await tell(context, record, to, first);
    await dropRequest(context, record.id);
  } else {
    await setAsideDuplicate(context, record.id);
  }
  if (!await disk.rename(layout.task("running", record.id), layout.task(to, record.id))) {
    throw new Error(`running/${record.id}.json vanished while this process held it`);
  }
  // A rename is one change in the log of every file system that orders its names, so that a flush
  // of one of its two directories makes all of it durable. Where it is not one, a power cut shows
  // the task twice at worst, never not at all, and recovery drops the name in running/.
  await flusher.directory(layout.state(to));
}

async function tell(
  { notifications }: EngineContext,
  record: TaskRecord,
  to: TerminalState,
  first: PreparedNotification | undefined,
): Promise<void> {
  if (first !== undefined) return await first.publish(true);
  // A rejected file may name no conversation to tell.
  if (record.conversation_id) await notifications.put(notificationOf(record, to));
}

// It has nothing more to say. Before the last rename, or a crash after it would leave one behind
// that nobody looks for any more.
async function dropRequest(context: EngineContext, id: string): Promise<void> {
  try {
    await dropCancelRequest(context, id);
  } catch (error) {
    log.warning`control/cancel/${id} could not be removed: ${error}`;
  }
}

/**
 * Keeps a second task of an id that is in running/ from being overwritten by the first one's
 * return to pending/: `mv` and racing producers can put one there.
 */
export async function setAsideDuplicate(context: EngineContext, id: string): Promise<void> {
  const path = context.layout.task("pending", id);
  const info = await context.disk.stat(path);
  if (info === undefined) return;
  // Nothing of that name may block the way, not even a directory.
  if (info.kind !== "file") return await rejectDuplicate(context, id);
  for (let round = 0; round < HELD_ROUNDS; round++) {
    const result = await hold(context.disk, path);
    if (result.kind === "gone") return;
    if (result.kind === "ok") {
      try {
        return await rejectDuplicate(context, id);
      } finally {
        result.held.file.close();
      }
    }
    await context.sleep(HELD_PAUSE_MS);
  }
  // Whoever still holds it cannot claim it, since its id is taken, and sees that it was moved.
  await rejectDuplicate(context, id);
}

/** Moves pending/{id}.json, which the caller holds, to rejected/. */
export async function rejectDuplicate(context: EngineContext, id: string): Promise<void> {
  const { disk, flusher, layout } = context;
  const target = `${layout.rejected}/${id}.${context.token()}.json`;
  await disk.rename(layout.task("pending", id), target);
  await flusher.directory(layout.rejected);
  await flusher.directory(layout.state("pending"));
  log.warning`task ${id} exists already: the second file of that name was moved to ${target}`;
}
