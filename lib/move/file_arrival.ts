/** Writing a whole task into a directory: what belongs to it first, its record last. */
import { isArtifactName } from "../artifacts/artifact_name.ts";
import { discard, giveName, publish, writeTemporary, writeUnflushed } from "../disk/publish.ts";
import { originalPath } from "../queue/file/reject.ts";
import { isId } from "../task/id.ts";
import { encodeObject } from "../task/json.ts";
import { MAX_OWN_BYTES, MAX_RECORD_BYTES } from "../task/record.ts";
import { removeBelongings } from "./file_departure.ts";
import type { FilePlace } from "./file_place.ts";
import { transitPath } from "./file_transit.ts";
import type { Bundle, MovedNotification } from "./task_store.ts";

/** Why a task cannot be kept in files, in a clause; `undefined` where it can. */
export function whyNotInFiles(bundle: Bundle): string | undefined {
  const size = encodedRecord(bundle).length;
  if (size > MAX_OWN_BYTES) {
    return `its record has ${size} bytes, files take at most ${MAX_OWN_BYTES}`;
  }
  const odd = bundle.artifacts.find(({ name }) => !isArtifactName(name));
  return odd === undefined
    ? undefined
    : `its artifact ${JSON.stringify(odd.name.slice(0, 120))} has a name that files cannot have`;
}

/**
 * Nobody else has a task of that id here. Until the record gets its name, a crash leaves parts that
 * are found by the record in transit. Durable when it resolves.
 *
 * @returns false where somebody has put a task of that id there just now
 */
export async function arrive(place: FilePlace, bundle: Bundle): Promise<boolean> {
  const { disk, flusher, layout } = place;
  const { id, state } = bundle;
  const inTransit = transitPath(layout, id);
  const temporary = layout.temporary(id);
  const file = await writeTemporary(place, temporary, encodedRecord(bundle));
  file.close();
  await giveName(disk, temporary, inTransit);
  let named = false;
  try {
    await writeParts(place, bundle);
    // A link refuses an existing name.
    named = await disk.link(inTransit, layout.task(state, id));
  } finally {
    if (!named) await removeBelongings(place, bundle.record);
  }
  await flusher.directory(layout.state(state));
  await disk.unlink(inTransit);
  return named;
}

async function writeParts(place: FilePlace, bundle: Bundle): Promise<void> {
  const parts = [
    writeJournal(place, bundle),
    writeArtifacts(place, bundle),
    writeNotifications(place, bundle.notifications),
    writeCancel(place, bundle),
    writeOriginal(place, bundle),
  ];
  // Not as soon as one fails: what goes on behind it would write beside the next try.
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

// Indented, as all records are, it may grow past what a producer may hand in.
function encodedRecord({ state, record, fields }: Bundle): Uint8Array {
  const bytes = encodeObject(fields);
  const isHandedIn = state === "pending" && record.incarnation === undefined;
  return isHandedIn && bytes.length > MAX_RECORD_BYTES
    ? new TextEncoder().encode(JSON.stringify(fields))
    : bytes;
}

async function writeJournal(place: FilePlace, { id, journal }: Bundle): Promise<void> {
  const { disk, flusher, layout } = place;
  const path = `${layout.journal}/${id}.jsonl`;
  if (journal === undefined) {
    if (await disk.unlink(path)) await flusher.directory(layout.journal);
    return;
  }
  const temporary = layout.temporary(id);
  const file = await writeUnflushed(disk, temporary, new Uint8Array(0));
  try {
    for await (const piece of journal.pieces()) await file.write(piece);
    await flusher.file(file);
  } catch (error) {
    await discard(disk, { path: temporary, file });
    throw error;
  }
  file.close();
  await giveName(disk, temporary, path);
  await flusher.directory(layout.journal);
}

// One after the other: each may be large.
async function writeArtifacts(place: FilePlace, { id, artifacts }: Bundle): Promise<void> {
  const { disk, layout } = place;
  if (await disk.exists(`${layout.artifacts}/${id}`)) await place.artifacts.remove(id);
  for (const { name, read } of artifacts) await place.artifacts.write(id, name, await read());
}

async function writeNotifications(
  place: FilePlace,
  notifications: readonly MovedNotification[],
): Promise<void> {
  for (const notification of notifications) await writeNotification(place, notification);
}

async function writeNotification(
  place: FilePlace,
  { id, conversation_id, record, read }: MovedNotification,
): Promise<void> {
  const { disk, flusher, layout } = place;
  if (!isId(conversation_id)) return;
  const unread = `${layout.notifications}/${conversation_id}`;
  const places = [unread, `${unread}/read`] as const;
  // An earlier try may have written it, and a chat may have shown it since.
  for (const directory of places) {
    if (await disk.exists(`${directory}/${id}.json`)) return await flusher.directory(directory);
  }
  if (await disk.makeDirectory(unread)) await flusher.directory(layout.notifications);
  const [, shown] = places;
  if (read && await disk.makeDirectory(shown)) await flusher.directory(unread);
  const directory = read ? shown : unread;
  const path = `${directory}/${id}.json`;
  await publish(place, layout.temporary(id.slice(0, 64)), path, directory, encodeObject(record));
}

async function writeCancel(place: FilePlace, { id, cancel }: Bundle): Promise<void> {
  if (cancel === undefined) return;
  const { layout } = place;
  const path = `${layout.cancel}/${id}`;
  await publish(place, layout.temporary(id), path, layout.cancel, encodeObject(cancel));
}

async function writeOriginal(place: FilePlace, { id, original }: Bundle): Promise<void> {
  if (original === undefined) return;
  const { layout } = place;
  const [path, directory] = [originalPath(layout, id), layout.state("failed")];
  await publish(place, layout.temporary(id), path, directory, await original.read());
}
