/** Files that appear whole: written under tmp/, flushed, then given their name. */
import type { Disk } from "./disk.ts";
import type { Flusher } from "./flusher.ts";
import type { SpareFiles, Temporary } from "./spare_files.ts";

export interface PublishContext {
  readonly disk: Disk;
  readonly flusher: Flusher;
  /** Files that may be written again. Without it every file is a new one. */
  readonly spares?: SpareFiles | undefined;
}

/**
 * Writes bytes to a file without a public name and flushes it.
 *
 * @param path what the file is called if it is a new one
 * @returns the open file; the caller names it and closes it
 */
export async function writeTemporary(
  context: PublishContext,
  path: string,
  bytes: Uint8Array,
): Promise<Temporary> {
  const temporary = await writeAgain(context, bytes) ?? await writeNew(context, path, bytes);
  try {
    await context.flusher.file(temporary.file);
    return temporary;
  } catch (error) {
    await discard(context.disk, temporary);
    throw error;
  }
}

async function writeNew({ disk }: PublishContext, path: string, bytes: Uint8Array) {
  const file = await disk.create(path);
  if (file === undefined) throw new Error(`"${path}" is taken although its name is random`);
  await writeOrDiscard(disk, { path, file }, () => file.write(bytes));
  return { path, file };
}

async function writeAgain({ disk, spares }: PublishContext, bytes: Uint8Array) {
  const spare = await spares?.take();
  if (spare === undefined) return undefined;
  await writeOrDiscard(disk, spare, async () => {
    await spare.file.write(bytes);
    // Afterwards: ext4 flushes a file at its close that was made empty before it was written.
    if (spare.info.size > bytes.length) await spare.file.truncate(bytes.length);
  });
  return spare;
}

async function writeOrDiscard(
  disk: Disk,
  temporary: Temporary,
  write: () => void | Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    await discard(disk, temporary);
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
  const written = await writeTemporary(context, temporary, bytes);
  written.file.close();
  await giveName(context.disk, written.path, path);
  await context.flusher.directory(directory);
}
