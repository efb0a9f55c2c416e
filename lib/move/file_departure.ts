/**
 * Removing a task that has moved away: one rename takes its record out of its state, and only then
 * what belongs to it is removed. So nobody ever meets half a task, and what a crash cuts short is
 * found in `control/departed/`.
 */
import { dropCancelRequest } from "../queue/file/cancel_requests.ts";
import { isAt, isSame } from "../queue/file/held_file.ts";
import type { HeldFile } from "../queue/file/held_file.ts";
import { idsAmong } from "../queue/file/ids_in.ts";
import { dropOriginal } from "../queue/file/reject.ts";
import { parseRecord } from "../task/parse_record.ts";
import { type Task, TASK_STATES, type TaskRecord } from "../task/record.ts";
import type { FilePlace } from "./file_place.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** The caller holds the record; false where it is not at its place any more. */
export async function depart(
  place: FilePlace,
  { state, record }: Task,
  held: HeldFile,
): Promise<boolean> {
  const { disk, flusher, layout } = place;
  const path = layout.task(state, record.id);
  if (!await isAt(disk, held, path)) return false;
  if (!await disk.rename(path, departedPath(place, record.id))) return false;
  // A power cut that brings its name back must bring back all of it.
  await Promise.all([flusher.directory(layout.departed), flusher.directory(layout.state(state))]);
  await removeBelongings(place, record);
  await disk.unlink(departedPath(place, record.id));
  return true;
}

/** Finishes the departures of a process that is gone. */
export async function finishDepartures(place: FilePlace): Promise<void> {
  const { disk, layout } = place;
  await disk.makeDirectory(layout.departed);
  for (const id of idsAmong(await disk.names(layout.departed) ?? [])) {
    const path = departedPath(place, id);
    const content = await disk.read(path, MAX_BYTES);
    if (content === undefined) continue;
    const parsed = parseRecord(id, content.bytes, content.info.mtime, "running");
    const isBack = await isInAState(place, id, content.info);
    // Its rename did not survive a power cut: it has not departed yet.
    if (!isBack && parsed.kind === "task") await removeBelongings(place, parsed.record);
    await disk.unlink(path);
  }
}

/** Removes the directory that departures need. The caller knows that none is left. */
export async function endDepartures({ disk, flusher, layout }: FilePlace): Promise<void> {
  // Durable: a name that a power cut brought back would be taken for a departure cut short.
  await flusher.directory(layout.departed);
  await disk.removeDirectory(layout.departed);
}

async function isInAState(
  { disk, layout }: FilePlace,
  id: string,
  info: HeldFile["info"],
): Promise<boolean> {
  for (const state of TASK_STATES) {
    if (isSame(info, await disk.stat(layout.task(state, id)))) return true;
  }
  return false;
}

async function removeBelongings(place: FilePlace, record: TaskRecord): Promise<void> {
  const { id } = record;
  await Promise.all([
    place.journals.remove(id),
    place.artifacts.remove(id),
    place.notifications.remove(record),
    dropCancelRequest(place, id),
    dropOriginal(place, id),
  ]);
}

function departedPath({ layout }: FilePlace, id: string): string {
  return `${layout.departed}/${id}.json`;
}
