/** Files that appear whole: written under tmp/, flushed, then given their name. */
import type { Disk, DiskFile } from "./disk.ts";
import type { Flusher } from "./flusher.ts";

export interface PublishContext {
  readonly disk: Disk;
  readonly flusher: Flusher;
}

/** A file that is being written, under a name that only its writer knows. */
export interface Temporary {
  readonly path: string;
  readonly file: DiskFile;
}

/**
 * Writes bytes to a new file at a temporary path and flushes it.
 *
 * @returns the open file; the caller names it and closes it
 */
export async function writeTemporary(
  { disk, flusher }: PublishContext,
  path: string,
  bytes: Uint8Array,
): Promise<DiskFile> {
  const file = await writeUnflushed(disk, path, bytes);
  try {
    await flusher.file(file);
    return file;
  } catch (error) {
    await discard(disk, { path, file });
    throw error;
  }
}

/** The same but for the flush, which the caller sees to. */
export async function writeUnflushed(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
): Promise<DiskFile> {
  const file = await disk.create(path);
  if (file === undefined) throw new Error(`"${path}" is taken although its name is random`);
  try {
    await file.write(bytes);
    return file;
  } catch (error) {
    await discard(disk, { path, file });
    throw error;
  }
}

/** Removes a file that will not get its name: a full disk must not be filled further. */
export async function discard(disk: Disk, { path, file }: Temporary): Promise<void> {
  file.close();
  await disk.unlink(path);
}

/**
 * Renames a file that was written under a temporary name, replacing what is there.
 *
 * @throws {Error} when it is not there any more, or cannot get that name; it is removed then
 */
export async function giveName(disk: Disk, temporary: string, path: string): Promise<void> {
  let named = false;
  try {
    named = await disk.rename(temporary, path);
    if (!named) throw new Error(`"${temporary}" vanished before it became "${path}"`);
  } finally {
    if (!named) await disk.unlink(temporary);
  }
}

/**
 * Puts a whole file at a path, replacing what is there, and flushes its directory. Not for tasks:
 * theirs are locked before they are named.
 */
export async function publish(
  context: PublishContext,
  temporary: string,
  path: string,
  directory: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await writeTemporary(context, temporary, bytes);
  file.close();
  await giveName(context.disk, temporary, path);
  await context.flusher.directory(directory);
}
