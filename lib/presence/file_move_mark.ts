/** `control/moving`: the mark of a move, alive as long as its process holds the lock on the file. */
import { type Disk, type DiskFile, NotARegularFile } from "../disk/disk.ts";
import type { Layout } from "../disk/layout.ts";
import { JsonError, parseObject } from "../task/json.ts";
import { type FoundMark, type MoveMark, parseMoveMark } from "../task/move_mark.ts";

const MAX_BYTES = 64 * 1024;

/** The mark that is there, if one is. */
export async function findMoveMark(disk: Disk, layout: Layout): Promise<FoundMark | undefined> {
  let file;
  try {
    file = await disk.open(layout.moving, "read");
    if (file === undefined) return undefined;
    // Shared: two looks at a mark that nobody holds would each take the other for its owner.
    const alive = !await file.tryLock("shared");
    return { mark: await read(file), alive, remove: removeWords(layout) };
  } catch (error) {
    if (!(error instanceof NotARegularFile)) throw error;
    return { mark: undefined, alive: false, remove: removeWords(layout) };
  } finally {
    file?.close();
  }
}

function removeWords(layout: Layout): string {
  return `remove "${layout.moving}"`;
}

async function read(file: DiskFile): Promise<MoveMark | undefined> {
  try {
    return parseMoveMark(parseObject(await file.read(MAX_BYTES)));
  } catch (error) {
    // Whatever it says, it is there.
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
