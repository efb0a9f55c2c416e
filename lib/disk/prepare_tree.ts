/** Makes the tree and checks what the engine's guarantees rest on. */
import type { Disk } from "./disk.ts";
import type { Layout } from "./layout.ts";

/** The directory cannot be used. One sentence: what, why, what to do. */
export class StorageError extends Error {
  override name = "StorageError";
}

/** Files in tmp/ that are older were left by a crash, in milliseconds. */
const SWEEP_AGE_MS = 24 * 60 * 60 * 1000;
/** At most so many are removed at a start: freeing inodes makes later creates slow for a minute. */
const SWEEP_LIMIT = 1_000;

/**
 * Makes missing directories (0700), refuses a tree that spans devices or has links in it, and
 * sweeps old files out of tmp/.
 *
 * @throws {StorageError}
 */
export async function prepareTree(disk: Disk, layout: Layout, now: number): Promise<void> {
  for (const path of layout.directories()) await ensure(disk, layout, path);
  await assertOneDevice(disk, layout);
  await assertWritable(disk, layout);
  await sweep(disk, layout, now);
}

async function ensure(disk: Disk, layout: Layout, path: string): Promise<void> {
  try {
    const info = await disk.stat(path);
    if (info?.kind === "directory") return;
    if (info !== undefined && path !== layout.root) {
      throw new StorageError(
        `cannot use "${layout.root}": "${path}" is no directory but a file or a link; ` +
          "move it away, or name another directory with --dir or PERSISTENT_DIR",
      );
    }
    await disk.makeDirectory(path);
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw unusable(layout, cause);
  }
}

// A rename is atomic only within one file system.
async function assertOneDevice(disk: Disk, layout: Layout): Promise<void> {
  const tmp = await disk.stat(layout.tmp);
  for (const path of layout.directories().slice(1)) {
    if ((await disk.stat(path))?.dev !== tmp?.dev) {
      throw new StorageError(
        `cannot use "${layout.root}": "${path}" lies on another file system than ` +
          `"${layout.tmp}"; everything in it must be on one`,
      );
    }
  }
}

async function assertWritable(disk: Disk, layout: Layout): Promise<void> {
  const path = layout.temporary("start");
  try {
    const file = await disk.create(path);
    file?.close();
    await disk.unlink(path);
  } catch (cause) {
    throw unusable(layout, cause);
  }
}

async function sweep(disk: Disk, layout: Layout, now: number): Promise<void> {
  let swept = 0;
  for (const { name, kind } of await disk.list(layout.tmp) ?? []) {
    if (kind !== "file" || swept >= SWEEP_LIMIT) continue;
    const path = `${layout.tmp}/${name}`;
    const info = await disk.stat(path);
    if (info === undefined || info.mtime > now - SWEEP_AGE_MS) continue;
    await disk.unlink(path);
    swept++;
  }
}

function unusable(layout: Layout, cause: unknown): StorageError {
  const why = cause instanceof Error ? cause.message.replace(/\s*\(os error \d+\).*$/, "") : cause;
  return new StorageError(
    `cannot use "${layout.root}" for tasks: ${why}; make it writable, or name another directory ` +
      "with --dir or PERSISTENT_DIR",
    { cause },
  );
}
