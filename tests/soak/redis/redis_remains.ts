/** Everything that lies in a Redis after a storm, read past the engine: key by key. */
import type { Redis } from "ioredis";
import { taskIdOf } from "../../../lib/redis/job_id.ts";
import type { RedisKeys } from "../../../lib/redis/keys.ts";
import { TASK_STATES, type TaskRecord, type TaskState } from "../../../lib/task/record.ts";
import { notificationKey, type Remains } from "../storm_engine.ts";

/** Where BullMQ keeps the ids of a state's jobs. */
const PLACES: Readonly<Record<TaskState, readonly (readonly [string, "list" | "zset"])[]>> = {
  pending: [
    ["wait", "list"],
    ["paused", "list"],
    ["prioritized", "zset"],
    ["delayed", "zset"],
    ["waiting-children", "zset"],
  ],
  running: [["active", "list"]],
  completed: [["completed", "zset"]],
  failed: [["failed", "zset"]],
};
/** BullMQ's own keys that are no jobs. */
const OWN = ["events", "id", "marker", "meta", "pc", "stalled-check"];
const BATCH = 500;

/** Reads all of it. */
export async function readRemains(client: Redis, keys: RedisKeys): Promise<Remains> {
  const litter: string[] = [];
  const ids = await readIds(client, keys, litter);
  const records = new Map<string, TaskRecord>();
  for (const state of ["completed", "failed"] as const) {
    for (const [id, text] of await readJobs(client, keys, [...ids.get(state) ?? []])) {
      if (text === null) litter.push(`${id} is ${state} and has no record`);
      else records.set(id, JSON.parse(text));
    }
  }
  const rest = await readRest(client, keys, ids);
  const notifications = await readNotifications(client, keys, rest.conversations, litter);
  return {
    ids,
    records,
    notifications,
    cancel_requests: rest.cancel_requests,
    set_aside: 0,
    litter: [...litter, ...rest.litter].sort(),
  };
}

async function readIds(
  client: Redis,
  keys: RedisKeys,
  litter: string[],
): Promise<Map<TaskState, Set<string>>> {
  const found = new Map<TaskState, Set<string>>();
  for (const state of TASK_STATES) {
    const all: string[] = [];
    for (const [name, kind] of PLACES[state]) {
      const key = keys.state(name);
      const ids = kind === "list"
        ? await client.lrange(key, 0, -1)
        : await client.zrange(key, 0, -1);
      // A list may hold BullMQ's own mark that a delayed job is due.
      all.push(...ids.filter((id) => !/^0:\d+$/.test(id)).map(taskIdOf));
    }
    const ids = new Set(all);
    if (ids.size < all.length) litter.push(`${all.length - ids.size} are ${state} more than once`);
    found.set(state, ids);
  }
  return found;
}

async function readJobs(
  client: Redis,
  keys: RedisKeys,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (let at = 0; at < ids.length; at += BATCH) {
    const batch = ids.slice(at, at + BATCH);
    const texts = await Promise.all(batch.map((id) => client.hget(keys.job(id), "data")));
    batch.forEach((id, i) => found.set(id, texts[i] ?? null));
  }
  return found;
}

interface Rest {
  readonly conversations: string[];
  readonly cancel_requests: string[];
  readonly litter: string[];
}

// Every key must be known: what nobody expects is what nobody would remove.
async function readRest(
  client: Redis,
  keys: RedisKeys,
  ids: ReadonlyMap<TaskState, ReadonlySet<string>>,
): Promise<Rest> {
  const rest: Rest = { conversations: [], cancel_requests: [], litter: [] };
  const known = new Set([...ids.values()].flatMap((all) => [...all]));
  const expected = new Set([
    ...OWN.map((name) => keys.state(name)),
    ...Object.values(PLACES).flat().map(([name]) => keys.state(name)),
    ...[...known].flatMap((id) => [
      keys.job(id),
      keys.journal(id),
      keys.artifacts(id),
      keys.original(id),
    ]),
  ]);
  for await (const page of client.scanStream({ match: `${keys.prefix}:*`, count: BATCH })) {
    for (const key of page as string[]) {
      const conversation = after(key, keys.told(""));
      const cancelled = after(key, keys.cancel(""));
      if (conversation !== undefined) rest.conversations.push(conversation);
      else if (cancelled !== undefined) rest.cancel_requests.push(cancelled);
      else if (!expected.has(key) && after(key, keys.unread("")) === undefined) {
        rest.litter.push(`the key ${key} is left`);
      }
    }
  }
  return rest;
}

function after(key: string, beginning: string): string | undefined {
  return key.startsWith(beginning) ? key.slice(beginning.length) : undefined;
}

async function readNotifications(
  client: Redis,
  keys: RedisKeys,
  conversations: readonly string[],
  litter: string[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const conversation of conversations) {
    const add = (id: string) => {
      const key = notificationKey(conversation, id);
      found.set(key, (found.get(key) ?? 0) + 1);
    };
    const unread = new Map<string, string>();
    for (const [entry, fields] of await client.xrange(keys.unread(conversation), "-", "+")) {
      const { id } = JSON.parse(fields[fields.indexOf("json") + 1] ?? "{}");
      unread.set(entry, id);
      add(id);
    }
    for (const [id, told] of Object.entries(await client.hgetall(keys.told(conversation)))) {
      if (told.startsWith("{")) add(id);
      else if (unread.get(told) !== id) litter.push(`${id} is told as ${told}, which is not there`);
    }
  }
  return found;
}
