/**
 * `control/prune/{id}`: this record is on its way out. The mark is a second name of the record's own
 * file: it frees no inode of its own, cannot be mistaken for that of another task of the id, and its
 * lock is the record's. Whoever removes or replaces a mark holds the lock of the file that it names.
 */
import type { EngineContext } from "./context.ts";
import { type HeldFile, hold, isAt } from "./held_file.ts";

/** Whether the record that is held was marked: then half of its task may be gone. */
export function isMarked(
  { disk, layout }: EngineContext,
  held: HeldFile,
  id: string,
): Promise<boolean> {
  return isAt(disk, held, markPath(layout, id));
}

/**
 * Marks a record that the caller holds. Not yet durable.
 *
 * @param path where the record lies
 * @returns false where somebody is still busy with the mark of an older task of the id
 */
export async function mark(
  { disk, layout }: EngineContext,
  path: string,
  id: string,
): Promise<boolean> {
  const to = markPath(layout, id);
  if (await disk.link(path, to)) return true;
  // Of a task that is gone but for this: its process died in between.
  const stale = await hold(disk, to);
  if (stale.kind === "held") return false;
  if (stale.kind === "ok") {
    try {
      await disk.unlink(to);
    } finally {
      stale.held.file.close();
    }
  }
  return await disk.link(path, to);
}

export function markPath({ prune }: EngineContext["layout"], id: string): string {
  return `${prune}/${id}`;
}
