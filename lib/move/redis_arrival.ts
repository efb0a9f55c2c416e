/** Writing a whole task to a Redis server: what belongs to it first, its job last and in one step. */
import { Buffer } from "node:buffer";
import { MAX_ARTIFACT_BYTES } from "../artifacts/redis_artifacts.ts";
import { placeJob } from "../queue/bullmq/moved_job.ts";
import type { RedisPlace } from "./redis_place.ts";
import { noteTransit, removeParts, toldOf } from "./redis_transit.ts";
import { PUT_LINES } from "./scripts/put_lines.ts";
import { PUT_NOTIFICATION } from "./scripts/put_notification.ts";
import type { Bundle } from "./task_store.ts";

/** So many lines of a journal are sent at once, or fewer where they are long. */
const LINES = 500;
const LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Why a task cannot be kept in Redis, in a clause; `undefined` where it can. */
export function whyNotInRedis({ artifacts, original }: Bundle): string | undefined {
  const limit = `${MAX_ARTIFACT_BYTES / 1024 / 1024} MiB`;
  const large = artifacts.find(({ bytes }) => bytes > MAX_ARTIFACT_BYTES);
  if (large !== undefined) {
    return `its artifact "${large.name}" has ${large.bytes} bytes, Redis takes at most ${limit}`;
  }
  return original !== undefined && original.bytes > MAX_ARTIFACT_BYTES
    ? `what came in its place has ${original.bytes} bytes, Redis takes at most ${limit}`
    : undefined;
}

/**
 * Nobody else has a task of that id here. Until the job is there, a crash leaves parts that are found
 * by the note of what is in transit. Acknowledged by the server when it resolves.
 *
 * @returns false where somebody has put a task of that id there just now
 */
export async function arrive(server: RedisPlace, bundle: Bundle): Promise<boolean> {
  if (hasParts(bundle)) await writeParts(server, bundle);
  if (await placeJob(server, bundle)) return true;
  await removeParts(server, bundle.id, toldOf(bundle.record));
  return false;
}

function hasParts({ journal, artifacts, notifications, cancel, original }: Bundle): boolean {
  return artifacts.length + notifications.length > 0 || journal !== undefined ||
    cancel !== undefined || original !== undefined;
}

async function writeParts(server: RedisPlace, bundle: Bundle): Promise<void> {
  // Before the others, also where one of them is sent again: a part without it is never found.
  await noteTransit(server, bundle.id, toldOf(bundle.record));
  const parts = [
    writeNotifications(server, bundle),
    writeCancel(server, bundle),
    writeJournal(server, bundle),
    writeArtifacts(server, bundle),
    writeOriginal(server, bundle),
  ];
  // Not as soon as one fails: what goes on behind it would write beside the next try.
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

async function writeNotifications(
  { redis, keys }: RedisPlace,
  { notifications }: Bundle,
): Promise<void> {
  for (const { id, conversation_id, record, read } of notifications) {
    const places = [keys.unread(conversation_id), keys.told(conversation_id)];
    const args = [id, JSON.stringify(record), read ? "1" : ""];
    await redis.ask((client) => PUT_NOTIFICATION.run(client, places, args));
  }
}

async function writeCancel({ redis, keys }: RedisPlace, { id, cancel }: Bundle) {
  if (cancel === undefined) return;
  await redis.ask((client) => client.set(keys.cancel(id), JSON.stringify(cancel)));
}

// One after the other: each may be large.
async function writeArtifacts(
  { redis, keys }: RedisPlace,
  { id, artifacts }: Bundle,
): Promise<void> {
  const key = keys.artifacts(id);
  await redis.ask((client) => client.unlink(key));
  for (const { name, read } of artifacts) {
    const bytes = bufferOf(await read());
    await redis.ask((client) => client.hset(key, name, bytes));
  }
}

async function writeOriginal({ redis, keys }: RedisPlace, { id, original }: Bundle) {
  if (original === undefined) return;
  const bytes = bufferOf(await original.read());
  await redis.ask((client) => client.set(keys.original(id), bytes));
}

async function writeJournal(
  { redis, keys }: RedisPlace,
  { id, journal }: Bundle,
): Promise<void> {
  const key = keys.journal(id);
  let written = 0;
  for await (const piece of journal?.pieces() ?? []) {
    for (const lines of batches(piece)) {
      const args = [written, ...lines];
      const length = await redis.ask((client) => PUT_LINES.run(client, [key], args));
      if (length !== written + lines.length) {
        throw new Error(`the journal of task "${id}" changes while it is being moved`);
      }
      written += lines.length;
    }
  }
  if (written === 0) await redis.ask((client) => client.unlink(key));
}

/** The lines of a piece, a few at a time. */
function* batches(piece: Uint8Array): Generator<Buffer[]> {
  let [lines, bytes]: [Buffer[], number] = [[], 0];
  for (let from = 0; from < piece.length;) {
    const end = piece.indexOf(NEWLINE, from);
    const line = piece.subarray(from, end < 0 ? piece.length : end);
    lines.push(bufferOf(line));
    bytes += line.length;
    from += line.length + 1;
    if (lines.length < LINES && bytes < LINE_BYTES) continue;
    yield lines;
    [lines, bytes] = [[], 0];
  }
  if (lines.length > 0) yield lines;
}

// The same memory.
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
