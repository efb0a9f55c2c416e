/** The note of tasks that are moving hither, of which only parts may be here. */
import { isId } from "../task/id.ts";
import { isObject } from "../task/json.ts";
import { notificationIds } from "../task/notification.ts";
import type { TaskRecord } from "../task/record.ts";
import { findJob } from "../queue/bullmq/read_tasks.ts";
import type { RedisPlace } from "./redis_place.ts";
import type { LeftTask } from "./task_store.ts";
import { REMOVE_PARTS } from "./scripts/remove_parts.ts";

/** What has to be known of a task to remove its notifications. */
export interface Told {
  /** "" where nobody was told anything. */
  readonly conversation_id: string;
  readonly notifications: readonly string[];
}

export function toldOf(record: TaskRecord): Told {
  const { conversation_id } = record;
  return isId(conversation_id)
    ? { conversation_id, notifications: notificationIds(record) }
    : { conversation_id: "", notifications: [] };
}

/** What is a task's alone, besides its job. */
export function ownKeys({ keys }: RedisPlace, id: string): string[] {
  return [keys.journal(id), keys.artifacts(id), keys.cancel(id), keys.original(id)];
}

export async function noteTransit(
  { redis, keys }: RedisPlace,
  id: string,
  told: Told,
): Promise<void> {
  await redis.ask((client) => client.hset(keys.in_transit, id, JSON.stringify(told)));
}

/** Removes the parts of a task that is not here itself, and the note of them. */
export async function removeParts(server: RedisPlace, id: string, told: Told): Promise<void> {
  const { redis, keys } = server;
  const { conversation_id, notifications } = told;
  const places = [keys.unread(conversation_id), keys.told(conversation_id), keys.in_transit];
  const args = [id, ...notifications];
  await redis.ask((client) => REMOVE_PARTS.run(client, [...places, ...ownKeys(server, id)], args));
}

/**
 * Removes the parts of tasks whose transit was cut short.
 *
 * @returns notes that no move has written, which are left
 */
export async function settleTransit(server: RedisPlace): Promise<LeftTask[]> {
  const { redis, keys } = server;
  const notes = await redis.ask((client) => client.hgetall(keys.in_transit));
  const strange: LeftTask[] = [];
  for (const [id, note] of Object.entries(notes)) {
    const told = isId(id) ? toldIn(note) : undefined;
    if (told === undefined) {
      // No task's name: one of that id is not to be left for it.
      strange.push({
        id: `${keys.in_transit} ${id}`,
        reason: "it is no note of a move: remove it",
      });
      continue;
    }
    const isWhole = await findJob(server, id) !== undefined;
    if (isWhole) await redis.ask((client) => client.hdel(keys.in_transit, id));
    else await removeParts(server, id, told);
  }
  return strange;
}

// Anybody may have written it.
function toldIn(note: string): Told | undefined {
  let told: unknown;
  try {
    told = JSON.parse(note);
  } catch {
    return undefined;
  }
  if (!isObject(told)) return undefined;
  const { conversation_id, notifications } = told;
  if (conversation_id !== "" && !isId(conversation_id)) return undefined;
  return Array.isArray(notifications) && notifications.every((id) => typeof id === "string")
    ? { conversation_id, notifications }
    : undefined;
}
