/** Makes the tree and checks what the engine's guarantees rest on. */
import { dirname } from "@std/path";
import type { Disk } from "./disk.ts";
import type { Flusher } from "./flusher.ts";
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
 * @param flusher makes the directories durable; left out, they are made only
 * @param directories what is needed of the tree, its root first. Default: all of it.
 * @throws {StorageError}
 */
export async function prepareTree(
  disk: Disk,
  layout: Layout,
  now: number,
  flusher?: Flusher,
  directories: readonly string[] = layout.directories(),
): Promise<void> {
  const made = await missingParents(disk, layout.root);
  for (const path of directories) await ensure(disk, layout, path);
  // A task in a directory that the next power cut forgets would be lost with it. Done at every
  // start, because a process that made the directories may have died before this.
  const parents = new Set([...made, ...directories.slice(1)].map((path) => dirname(path)));
  await Promise.all([...parents].map((parent) => flusher?.directory(parent)));
  await assertOneDevice(disk, layout, directories);
  await assertWritable(disk, layout);
  await sweep(disk, layout, now);
}

async function missingParents(disk: Disk, root: string): Promise<string[]> {
  const missing: string[] = [];
  for (let path = root; await isMissing(disk, path); path = dirname(path)) missing.push(path);
  return missing;
}

// What cannot even be looked at is left to `ensure` to complain of.
async function isMissing(disk: Disk, path: string): Promise<boolean> {
  try {
    return await disk.stat(path) === undefined && dirname(path) !== path;
  } catch {
    return false;
  }
}

async function ensure(disk: Disk, layout: Layout, path: string): Promise<void> {
  try {
    const info = await disk.stat(path);
    if (info?.kind === "directory") return;
    // The root itself may be a link to a directory.
    if (info?.kind === "file" || info !== undefined && path !== layout.root) {
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
async function assertOneDevice(
  disk: Disk,
  layout: Layout,
  directories: readonly string[],
): Promise<void> {
  const tmp = await disk.stat(layout.tmp);
  for (const path of directories.slice(1)) {
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
  // Deno's own words advise --allow-all: for /proc and the like too, where it would not help.
  if (cause instanceof Deno.errors.NotCapable) {
    return new StorageError(
      `cannot use "${layout.root}" for tasks: this program is not allowed to write there; ` +
        "name another directory with --dir or PERSISTENT_DIR",
      { cause },
    );
  }
  const why = cause instanceof Error ? cause.message.replace(/\s*\(os error \d+\).*$/, "") : cause;
  return new StorageError(
    `cannot use "${layout.root}" for tasks: ${why}; make it writable, or name another directory ` +
      "with --dir or PERSISTENT_DIR",
    { cause },
  );
}
