/**
 * Removing a task that has moved away: one rename takes its record out of its state, and only then
 * what belongs to it is removed. So nobody ever meets half a task.
 */
import { dropCancelRequest } from "../queue/file/cancel_requests.ts";
import { type HeldFile, isAt } from "../queue/file/held_file.ts";
import { dropOriginal } from "../queue/file/reject.ts";
import type { Task, TaskRecord } from "../task/record.ts";
import type { FilePlace } from "./file_place.ts";
import { transitPath } from "./file_transit.ts";

/** The caller holds the record; false where it is not at its place any more. */
export async function depart(
  place: FilePlace,
  { state, record }: Task,
  held: HeldFile,
): Promise<boolean> {
  const { disk, flusher, layout } = place;
  const path = layout.task(state, record.id);
  if (!await isAt(disk, held, path)) return false;
  if (!await disk.rename(path, transitPath(layout, record.id))) return false;
  // A power cut that brings its name back must bring back all of it.
  await Promise.all([flusher.directory(layout.in_transit), flusher.directory(layout.state(state))]);
  await removeBelongings(place, record);
  await disk.unlink(transitPath(layout, record.id));
  return true;
}

/** Removes all that a task has here but its record. */
export async function removeBelongings(place: FilePlace, record: TaskRecord): Promise<void> {
  const { id } = record;
  await Promise.all([
    place.journals.remove(id),
    place.artifacts.remove(id),
    place.notifications.remove(record),
    dropCancelRequest(place, id),
    dropOriginal(place, id),
  ]);
}
