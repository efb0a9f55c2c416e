/**
 * `control/in_transit/{id}.json`: the record of a task of which only parts may be here, since it is
 * moving away or hither. There only while a move is under way or was cut short.
 */
import type { FileInfo } from "../disk/disk.ts";
import type { Layout } from "../disk/layout.ts";
import { isSame } from "../queue/file/held_file.ts";
import { idsAmong } from "../queue/file/ids_in.ts";
import { parseRecord } from "../task/parse_record.ts";
import { MAX_OWN_BYTES, TASK_STATES, type TaskRecord } from "../task/record.ts";
import type { FilePlace } from "./file_place.ts";

export function transitPath({ in_transit }: Layout, id: string): string {
  return `${in_transit}/${id}.json`;
}

/** Removes all that a task has here but its record. */
type RemoveParts = (place: FilePlace, record: TaskRecord) => Promise<void>;

/** Makes the directory, and removes the parts of tasks whose transit was cut short. */
export async function settleTransit(place: FilePlace, removeParts: RemoveParts): Promise<void> {
  const { disk, layout } = place;
  await disk.makeDirectory(layout.in_transit);
  for (const id of idsAmong(await disk.names(layout.in_transit) ?? [])) {
    const path = transitPath(layout, id);
    const content = await disk.read(path, MAX_OWN_BYTES);
    if (content === undefined) continue;
    // It has arrived, or a power cut has undone the rename by which it set out.
    const isWhole = await isInAState(place, id, content.info);
    const parsed = parseRecord(id, content.bytes, content.info.mtime, "running");
    if (!isWhole && parsed.kind === "task") await removeParts(place, parsed.record);
    await disk.unlink(path);
  }
}

/** Settles once more, for what could not be done whole, and removes the directory. */
export async function endTransit(place: FilePlace, removeParts: RemoveParts): Promise<void> {
  const { disk, flusher, layout } = place;
  await settleTransit(place, removeParts);
  // Durable: a name that a power cut brought back would take away what belongs to a later task.
  await flusher.directory(layout.in_transit);
  await disk.removeDirectory(layout.in_transit);
}

async function isInAState({ disk, layout }: FilePlace, id: string, info: FileInfo) {
  for (const state of TASK_STATES) {
    if (isSame(info, await disk.stat(layout.task(state, id)))) return true;
  }
  return false;
}
