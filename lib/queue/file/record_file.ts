/** Reading and replacing a task's record on disk. */
import { NotARegularFile } from "../../disk/disk.ts";
import { discard, giveName, type Temporary, writeTemporary } from "../../disk/publish.ts";
import { encodeObject } from "../../task/json.ts";
import { type ParsedRecord, parseRecord } from "../../task/parse_record.ts";
import {
  MAX_OWN_BYTES,
  MAX_RECORD_BYTES,
  type TaskRecord,
  type TaskState,
} from "../../task/record.ts";
import type { EngineContext } from "./context.ts";
import type { HeldFile } from "./held_file.ts";

/** What a locked file holds. */
export async function readHeld(
  id: string,
  state: TaskState,
  held: HeldFile,
): Promise<ParsedRecord> {
  const bytes = await held.file.read(MAX_OWN_BYTES + 1);
  held.isOurs = isFormatted(bytes);
  return parseContent(id, state, bytes, held.info.mtime);
}

// The beginning and the end of what we write. Another producer may still be writing to its file.
const BEGINNING = new TextEncoder().encode('{\n  "version": ');
const END = new TextEncoder().encode("\n}\n");

function isFormatted(bytes: Uint8Array): boolean {
  const end = bytes.length - END.length;
  return end > BEGINNING.length && BEGINNING.every((byte, i) => bytes[i] === byte) &&
    END.every((byte, i) => bytes[end + i] === byte);
}

function parseContent(
  id: string,
  state: TaskState,
  bytes: Uint8Array,
  mtime: number,
): ParsedRecord {
  const limit = state === "pending" ? MAX_RECORD_BYTES : MAX_OWN_BYTES;
  if (bytes.length > limit && !(state === "pending" && isOurs(bytes, id))) {
    const size = bytes.length > MAX_OWN_BYTES ? `over ${MAX_OWN_BYTES}` : bytes.length;
    const message = `the file has ${size} bytes, at most ${limit} are allowed`;
    return { kind: "invalid", message, unfinished: true };
  }
  return parseRecord(id, bytes, mtime, state);
}

// A retry by hand puts a record back with its old result, which counts against nobody's limit.
function isOurs(bytes: Uint8Array, id: string): boolean {
  if (bytes.length > MAX_OWN_BYTES) return false;
  const parsed = parseRecord(id, bytes, 0);
  return parsed.kind === "task" && parsed.record.incarnation !== undefined;
}

/**
 * Reads the record at a path without a lock. Records are replaced by rename only, so what an open
 * file holds is always whole (but for a producer's plain write into pending/).
 *
 * @returns `undefined` when nothing is there, or something that is no regular file
 */
export async function readAt(
  context: EngineContext,
  state: TaskState,
  id: string,
): Promise<ParsedRecord | undefined> {
  const parsed = await readIf(context, state, id, () => true);
  return parsed === "skipped" ? undefined : parsed;
}

/**
 * The same, but only where the bytes look right.
 *
 * @returns `skipped` where they do not
 */
export async function readIf(
  context: EngineContext,
  state: TaskState,
  id: string,
  isWanted: (bytes: Uint8Array) => boolean,
): Promise<ParsedRecord | "skipped" | undefined> {
  const parsed = await readOnce(context, state, id, isWanted);
  const isOdd = state === "running" && typeof parsed === "object" && parsed.kind === "invalid";
  // The file of a record that was replaced is written again. Who was stopped for long between
  // opening and reading it may have read another record, which does not parse as this one.
  return isOdd ? await readOnce(context, state, id, isWanted) : parsed;
}

async function readOnce(
  { disk, layout }: EngineContext,
  state: TaskState,
  id: string,
  isWanted: (bytes: Uint8Array) => boolean,
): Promise<ParsedRecord | "skipped" | undefined> {
  let content;
  try {
    content = await disk.read(layout.task(state, id), MAX_OWN_BYTES + 1);
  } catch (error) {
    if (error instanceof NotARegularFile) return undefined;
    throw error;
  }
  if (content === undefined) return undefined;
  const { bytes, info } = content;
  return isWanted(bytes) ? parseContent(id, state, bytes, info.mtime) : "skipped";
}

/**
 * Puts a new version of a record in place of the one that is held: written, flushed, locked, and
 * only then named, so that the name never stands for a file that nobody holds. From then on `held`
 * is the new file: even if the last flush fails, the lock is not let go of.
 */
export async function replaceRecord(
  context: EngineContext,
  held: HeldFile,
  state: TaskState,
  record: TaskRecord,
): Promise<void> {
  const { disk, flusher, layout, spares } = context;
  const path = layout.task(state, record.id);
  const bytes = encodeObject(record);
  const version = await spares?.write(bytes, flusher) ?? await writeNew(context, record.id, bytes);
  const { file, path: temporary } = version;
  let info, spare;
  try {
    if (!await file.tryLock("exclusive")) throw new Error(`somebody locked "${temporary}"`);
    info = await file.stat();
    spare = held.isOurs ? await spares?.keep(path, held.info, info) : undefined;
    await giveName(disk, temporary, path);
  } catch (error) {
    await discard(disk, version);
    await spares?.drop(spare);
    throw error;
  }
  held.file.close();
  Object.assign(held, { file, info, isOurs: true });
  await flusher.directory(layout.state(state));
  // Not before: until then a power cut brings its name back, and it must hold what it held.
  if (spare !== undefined) await spares?.add(spare);
}

async function writeNew(context: EngineContext, id: string, bytes: Uint8Array): Promise<Temporary> {
  const path = context.layout.temporary(id);
  return { path, file: await writeTemporary(context, path, bytes) };
}
