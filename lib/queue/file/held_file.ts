/**
 * Lock, then look: a lock counts only if the locked file is still the one at the path.
 *
 * Without the look this happens: A opens pending/x; B claims it, fails, and puts a new file back as
 * pending/x; A's lock on the old file succeeds, and A renames the new one: two owners.
 */
import type { Disk, DiskFile, FileInfo } from "../../disk/disk.ts";

/** A locked file and what it was when it was locked; a new version takes its place in here. */
export interface HeldFile {
  file: DiskFile;
  info: FileInfo;
  /** Written whole by a program like this one: nobody else can still have it open for writing. */
  isOurs?: boolean;
}

/** `gone`: nothing is there any more. `held`: another process has the lock. */
export type HoldResult =
  | { readonly kind: "ok"; readonly held: HeldFile }
  | { readonly kind: "gone" }
  | { readonly kind: "held" };

/**
 * Opens, locks and looks.
 *
 * @throws {NotARegularFile} when the path is a link, a FIFO, a directory, …
 */
export async function hold(disk: Disk, path: string): Promise<HoldResult> {
  // A file that is replaced at this very moment shows up as a failed look: start over.
  for (let round = 0; round < 5; round++) {
    const file = await disk.open(path, "read");
    if (file === undefined) return { kind: "gone" };
    let keep = false;
    try {
      if (!await file.tryLock("exclusive")) return { kind: "held" };
      const info = await file.stat();
      if (isSame(info, await disk.stat(path))) {
        keep = true;
        return { kind: "ok", held: { file, info } };
      }
    } finally {
      if (!keep) file.close();
    }
  }
  return { kind: "held" };
}

/** Whether a held file is still the one at a path. */
export async function isAt(disk: Disk, held: HeldFile, path: string): Promise<boolean> {
  return isSame(held.info, await disk.stat(path));
}

/** Whether two answers of `stat` mean the same file. */
export function isSame(a: FileInfo, b: FileInfo | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
