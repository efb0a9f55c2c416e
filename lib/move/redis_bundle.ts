/** Reading one task of a Redis server with all that belongs to it. */
import type { FoundJob } from "../queue/bullmq/moved_job.ts";
import { taskIdOf } from "../redis/job_id.ts";
import { isId } from "../task/id.ts";
import { isObject, JsonError, parseText } from "../task/json.ts";
import { notificationIds } from "../task/notification.ts";
import { parseRecordText } from "../task/parse_record.ts";
import type { TaskRecord } from "../task/record.ts";
import { formatTime, isRecordTime } from "../task/time.ts";
import { dueAt } from "../task/transitions.ts";
import type { RedisPlace } from "./redis_place.ts";
import type {
  Bundle,
  Content,
  MovedArtifact,
  MovedJournal,
  MovedNotification,
} from "./task_store.ts";
import { Unmovable } from "./unmovable.ts";

/** So many lines of a journal are asked for at once. */
const LINES = 200;
const NEWLINE = new Uint8Array([0x0a]);

/** @throws {Unmovable} where a part of it is of no kind that can be moved */
export async function readBundle(server: RedisPlace, job: FoundJob): Promise<Bundle> {
  const id = taskIdOf(job.job_id);
  const { record, fields } = readRecord(id, job);
  const { keys } = server;
  const [lines, names, cancel, bytes] = await server.redis.ask((client) =>
    Promise.all([
      client.llen(keys.journal(id)),
      client.hkeys(keys.artifacts(id)),
      client.get(keys.cancel(id)),
      client.strlen(keys.original(id)),
    ])
  );
  const request = cancel === null ? undefined : requestOf(cancel);
  return {
    id,
    state: job.state,
    record,
    fields,
    artifacts: await artifactsOf(server, id, names),
    notifications: await notificationsOf(server, record),
    ...(lines === 0 ? {} : { journal: journalOf(server, id) }),
    ...(request === undefined ? {} : { cancel: request }),
    ...(bytes === 0 ? {} : { original: originalOf(server, id, bytes) }),
  };
}

function readRecord(id: string, job: FoundJob): { record: TaskRecord; fields: Bundle["fields"] } {
  const { state, data, timestamp } = job;
  const parsed = parseRecordText(id, data, timestamp, state);
  if (parsed.kind === "newer") {
    throw new Unmovable(`its version ${parsed.version} is newer than this program`);
  }
  if (parsed.kind === "invalid") {
    // The first service that takes it judges it.
    const what = state === "pending" ? "it is no valid task" : "its record cannot be read";
    throw new Unmovable(`${what}: ${parsed.message}`);
  }
  const { record } = parsed;
  const fields = { ...objectOf(data) };
  const isAsItWas = "created_at" in fields || "finished_at" in fields;
  if (!isAsItWas) fields["created_at"] = formatTime(timestamp);
  // A foreign producer may have handed in a delay and no time.
  if (job.due === undefined || dueAt(record) > 0) return { record, fields };
  if (!isRecordTime(job.due)) throw new Unmovable("BullMQ delays it until a time that is none");
  const run_at = formatTime(job.due);
  return { record: { ...record, run_at }, fields: { ...fields, run_at } };
}

function objectOf(data: string): Record<string, unknown> {
  try {
    return parseText(data);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Unmovable(`its data is no JSON object: ${error.message}`, { cause: error });
  }
}

// What is no request counts as none, as it does for the queue.
function requestOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function journalOf(server: RedisPlace, id: string): MovedJournal {
  const key = server.keys.journal(id);
  async function* pieces() {
    for (let from = 0;; from += LINES) {
      const lines = await server.redis.ask((client) =>
        client.lrangeBuffer(key, from, from + LINES - 1)
      );
      if (lines.length > 0) yield joined(lines);
      if (lines.length < LINES) return;
    }
  }
  return { pieces };
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const piece = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    piece.set(line, at);
    piece.set(NEWLINE, at + line.length);
    at += line.length + 1;
  }
  return piece;
}

async function artifactsOf(
  server: RedisPlace,
  id: string,
  names: readonly string[],
): Promise<MovedArtifact[]> {
  const key = server.keys.artifacts(id);
  const sizes = await server.redis.ask((client) =>
    Promise.all(names.map((name) => client.hstrlen(key, name)))
  );
  return names.map((name, i) => ({
    name,
    bytes: sizes[i] ?? 0,
    read: async () =>
      bytesOf(key, await server.redis.ask((client) => client.hgetBuffer(key, name))),
  }));
}

function originalOf(server: RedisPlace, id: string, bytes: number): Content {
  const key = server.keys.original(id);
  return {
    bytes,
    read: async () => bytesOf(key, await server.redis.ask((client) => client.getBuffer(key))),
  };
}

function bytesOf(key: string, found: Uint8Array | null): Uint8Array {
  if (found === null) throw new Error(`"${key}" vanished while it was being moved`);
  return found;
}

async function notificationsOf(
  server: RedisPlace,
  record: TaskRecord,
): Promise<MovedNotification[]> {
  const { conversation_id, attempts, finished_at } = record;
  // One that never ran has told nobody anything.
  if (!isId(conversation_id) || attempts === undefined && finished_at === undefined) return [];
  const ids = notificationIds(record);
  const { keys } = server;
  const told = await server.redis.ask((client) => client.hmget(keys.told(conversation_id), ...ids));
  const found: MovedNotification[] = [];
  for (const [i, id] of ids.entries()) {
    const entry = told[i];
    if (entry === null || entry === undefined) continue;
    const read = entry.startsWith("{");
    const text = read ? entry : await unreadText(server, keys.unread(conversation_id), entry);
    // Somebody has shown it just now; what it says is where the shown ones are.
    if (text === undefined) throw new Unmovable(`its notification ${id} is being shown just now`);
    found.push({ id, conversation_id, record: objectOf(text), read });
  }
  return found;
}

async function unreadText(
  server: RedisPlace,
  key: string,
  entry: string,
): Promise<string | undefined> {
  const [first] = await server.redis.ask((client) => client.xrange(key, entry, entry));
  const values = first?.[1] ?? [];
  const at = values.indexOf("json");
  return at < 0 ? undefined : values[at + 1];
}
