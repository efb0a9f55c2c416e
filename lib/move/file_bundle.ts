/** Reading one task of a directory with all that belongs to it. */
import { isArtifactName } from "../artifacts/artifact_name.ts";
import { type Disk, type DiskFile, NotARegularFile } from "../disk/disk.ts";
import type { HeldFile } from "../queue/file/held_file.ts";
import { originalPath } from "../queue/file/reject.ts";
import { isId } from "../task/id.ts";
import { JsonError, parseObject } from "../task/json.ts";
import { notificationIds } from "../task/notification.ts";
import { MAX_OWN_BYTES, type Task, type TaskRecord } from "../task/record.ts";
import type { FilePlace } from "./file_place.ts";
import type {
  Bundle,
  Content,
  MovedArtifact,
  MovedJournal,
  MovedNotification,
} from "./task_store.ts";
import { Unmovable } from "./unmovable.ts";

/** A journal is read in pieces of so many bytes. */
const PIECE_BYTES = 1024 * 1024;
/** A notification and a cancel request are smaller than this, in bytes. */
const MAX_SMALL = 1024 * 1024;
/** No single thing that belongs to a task is larger, in bytes. */
const MAX_LARGE = 1024 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The caller holds the task's lock.
 *
 * @throws {Unmovable} where a part of it is of no kind that can be moved
 */
export async function readBundle(
  place: FilePlace,
  { state, record }: Task,
  held: HeldFile,
): Promise<Bundle> {
  const { id } = record;
  const journal = await journalOf(place, id);
  const [cancel, original] = [await readCancel(place, id), await originalOf(place, id)];
  return {
    id,
    state,
    record,
    fields: await fieldsOf(record, held),
    artifacts: await artifactsOf(place, id),
    notifications: await notificationsOf(place, record),
    ...(journal === undefined ? {} : { journal }),
    ...(cancel === undefined ? {} : { cancel }),
    ...(original === undefined || state !== "failed" ? {} : { original }),
  };
}

// When it was handed in may be no more than the time of its file, which it leaves behind.
async function fieldsOf({ created_at }: TaskRecord, { file }: HeldFile) {
  const fields = parseObject(await file.read(MAX_OWN_BYTES));
  return "created_at" in fields || "finished_at" in fields ? fields : { ...fields, created_at };
}

async function journalOf(
  { disk, layout }: FilePlace,
  id: string,
): Promise<MovedJournal | undefined> {
  const path = `${layout.journal}/${id}.jsonl`;
  const bytes = await sizeOf(disk, path);
  return bytes === undefined ? undefined : { pieces: () => wholeLines(disk, path) };
}

/** Pieces of a file, each of whole lines; a torn last line is left out, as readers do. */
async function* wholeLines(disk: Disk, path: string): AsyncGenerator<Uint8Array> {
  const file = await disk.open(path, "read");
  if (file === undefined) return;
  try {
    for (let from = 0;;) {
      const piece = await linesFrom(file, from);
      if (piece.length === 0) return;
      yield piece;
      from += piece.length;
    }
  } finally {
    file.close();
  }
}

async function linesFrom(file: DiskFile, from: number): Promise<Uint8Array> {
  for (let size = PIECE_BYTES;; size *= 2) {
    const bytes = await file.read(size, from);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    // One line may be longer than a piece.
    if (end > 0 || bytes.length < size) return bytes.subarray(0, end);
  }
}

async function artifactsOf({ disk, layout }: FilePlace, id: string): Promise<MovedArtifact[]> {
  const directory = `${layout.artifacts}/${id}`;
  const info = await disk.stat(directory);
  if (info === undefined) return [];
  if (info.kind !== "directory") throw new Unmovable(`"${directory}" is no directory`);
  const found: MovedArtifact[] = [];
  for (const { name } of await disk.list(directory) ?? []) {
    const path = `${directory}/${name}`;
    if (!isArtifactName(name)) throw new Unmovable(`"${path}" has no artifact's name`);
    const bytes = await sizeOf(disk, path);
    if (bytes !== undefined) found.push({ name, bytes, read: () => readWhole(disk, path) });
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function notificationsOf(
  { disk, layout }: FilePlace,
  record: TaskRecord,
): Promise<MovedNotification[]> {
  const { conversation_id, attempts, finished_at } = record;
  // One that never ran has told nobody anything. A rejected file may name no conversation.
  if (!isId(conversation_id) || attempts === undefined && finished_at === undefined) return [];
  const unread = `${layout.notifications}/${conversation_id}`;
  const found: MovedNotification[] = [];
  for (const id of notificationIds(record)) {
    // Unread first: one only moves from there to read/, so going in this order cannot miss it.
    for (const directory of [unread, `${unread}/read`]) {
      const value = await readSmall(disk, `${directory}/${id}.json`);
      if (value === undefined) continue;
      found.push({ id, conversation_id, record: value, read: directory !== unread });
      break;
    }
  }
  return found;
}

// What is no request counts as none, as it does for the queue.
async function readCancel({ disk, layout }: FilePlace, id: string) {
  try {
    return await readSmall(disk, `${layout.cancel}/${id}`);
  } catch (error) {
    if (error instanceof Unmovable) return undefined;
    throw error;
  }
}

async function originalOf(
  { disk, layout }: FilePlace,
  id: string,
): Promise<Content | undefined> {
  const path = originalPath(layout, id);
  const bytes = await sizeOf(disk, path);
  return bytes === undefined ? undefined : { bytes, read: () => readWhole(disk, path) };
}

async function sizeOf(disk: Disk, path: string): Promise<number | undefined> {
  const info = await disk.exists(path) ? await disk.stat(path) : undefined;
  if (info === undefined) return undefined;
  if (info.kind !== "file") throw new Unmovable(`"${path}" is not a regular file`);
  if (info.size > MAX_LARGE) throw new Unmovable(`"${path}" has over ${MAX_LARGE} bytes`);
  return info.size;
}

async function readSmall(disk: Disk, path: string) {
  try {
    const content = await disk.exists(path) ? await disk.read(path, MAX_SMALL) : undefined;
    return content === undefined ? undefined : parseObject(content.bytes);
  } catch (error) {
    if (!(error instanceof NotARegularFile || error instanceof JsonError)) throw error;
    throw new Unmovable(`"${path}" cannot be read: ${error.message}`, { cause: error });
  }
}

async function readWhole(disk: Disk, path: string): Promise<Uint8Array> {
  const content = await disk.read(path, MAX_LARGE);
  if (content === undefined) throw new Error(`"${path}" vanished while it was being moved`);
  return content.bytes;
}
