import type { Disk } from "../../../lib/disk/disk.ts";
import { prepareTree } from "../../../lib/disk/prepare_tree.ts";
import { filePlace } from "../../../lib/move/file_place.ts";
import { FileTaskStore } from "../../../lib/move/file_task_store.ts";
import type { MoveOptions } from "../../../lib/move/move_tasks.ts";

/** A directory as a place to move from or to; made where it is not there. */
export async function fileStore(
  root: string,
  { durability = "relaxed", disk }: {
    readonly durability?: "full" | "relaxed";
    readonly disk?: Disk;
  } = {},
): Promise<FileTaskStore> {
  const place = filePlace(root, durability, disk);
  await prepareTree(place.disk, place.layout, place.now(), place.flusher);
  return new FileTaskStore(place);
}

/** Nobody interrupts, and nobody is told how far it is. */
export const QUIET: MoveOptions = {
  interrupted: new AbortController().signal,
  onProgress: () => {},
};
