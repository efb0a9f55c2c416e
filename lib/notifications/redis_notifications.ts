/** Notifications in Redis: a stream of the unread for each conversation, and what was told of all. */
import { getLogger } from "@logtape/logtape";
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { Script } from "../redis/script.ts";
import { isId } from "../task/id.ts";
import { type Notification, notificationIds, parseNotification } from "../task/notification.ts";
import { RECORD_VERSION, type TaskRecord } from "../task/record.ts";
import { FORGET } from "./forget_script.ts";
import type { Notifications, PreparedNotification, TaskNotifications } from "./notifications.ts";
import { StreamWatch } from "./stream_watch.ts";

const log = getLogger(["bts", "notifications"]);

/** The field of a stream's entry that holds the notification. */
const FIELD = "json";
/** So many skipped entries are remembered, each said once. */
const MAX_REPORTED = 1_000;

/**
 * Lua: `tell(unread, told, id, json)` publishes once, whatever is repeated. For scripts that end a
 * task in the same step; `unread` and `told` must be among their keys.
 */
export const TELL = `
local function tell(unread, told, id, json)
  if redis.call('HEXISTS', told, id) == 1 then return end
  redis.call('HSET', told, id, redis.call('XADD', unread, '*', '${FIELD}', json))
end
`;

/** KEYS: unread, told. ARGV: id, JSON. */
const PUT = new Script("btsTell", `${TELL} tell(KEYS[1], KEYS[2], ARGV[1], ARGV[2])`, 2);

/** KEYS: unread, told. ARGV: id. */
const ACKNOWLEDGE = new Script(
  "btsAcknowledge",
  `local entry = redis.call('HGET', KEYS[2], ARGV[1])
  if not entry or string.sub(entry, 1, 1) == '{' then return end
  local found = redis.call('XRANGE', KEYS[1], entry, entry)[1]
  redis.call('HSET', KEYS[2], ARGV[1], found and found[2][2] or '{}')
  redis.call('XDEL', KEYS[1], entry)`,
  2,
);

/** KEYS: unread, told. ARGV: ids. */
const REMOVE = new Script("btsUntell", `${FORGET} forget(KEYS[1], KEYS[2], ARGV)`, 2);

export class RedisNotifications implements Notifications, TaskNotifications {
  readonly #reported = new Set<string>();

  constructor(
    private readonly context: { readonly redis: RedisConnection; readonly keys: RedisKeys },
  ) {}

  async put(notification: Notification): Promise<void> {
    const { conversation_id, id } = notification;
    await this.#run(PUT, conversation_id, [id, JSON.stringify(notification)]);
  }

  // The queue's own script publishes it together with the task's ending; this is for all others.
  prepare(notification: Notification): Promise<PreparedNotification> {
    return Promise.resolve({
      publish: () => this.put(notification),
      drop: () => Promise.resolve(),
    });
  }

  async unread(conversation_id: string): Promise<Notification[]> {
    const { redis, keys } = this.context;
    const key = keys.unread(conversation_id);
    const entries = await redis.ask((client) => client.xrange(key, "-", "+"));
    return entries.flatMap(([entry, fields]) => this.#parse(conversation_id, entry, fields))
      .sort((a, b) =>
        a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1
      );
  }

  async acknowledge({ conversation_id, id }: Notification): Promise<void> {
    await this.#run(ACKNOWLEDGE, conversation_id, [id]);
  }

  watch(
    conversation_id: string,
    onNotification: (notification: Notification) => Promise<void> | void,
  ): { close(): void } {
    const { redis, keys } = this.context;
    return new StreamWatch(
      redis,
      keys.unread(conversation_id),
      () => this.unread(conversation_id),
      onNotification,
    );
  }

  async hasUnread(record: TaskRecord): Promise<boolean> {
    if (!isId(record.conversation_id)) return false;
    const { redis, keys } = this.context;
    const key = keys.told(record.conversation_id);
    const told = await redis.ask((client) => client.hmget(key, ...notificationIds(record)));
    return told.some((entry) => entry !== null && !entry.startsWith("{"));
  }

  async remove(record: TaskRecord): Promise<void> {
    // A rejected record may name no conversation.
    if (!isId(record.conversation_id)) return;
    await this.#run(REMOVE, record.conversation_id, notificationIds(record));
  }

  async #run(script: Script, conversation_id: string, args: readonly string[]): Promise<void> {
    const { redis, keys } = this.context;
    const places = [keys.unread(conversation_id), keys.told(conversation_id)];
    await redis.ask((client) => script.run(client, places, args));
  }

  #parse(conversation_id: string, entry: string, fields: readonly string[]): Notification[] {
    let value: unknown;
    try {
      value = JSON.parse(fields[fields.indexOf(FIELD) + 1] ?? "");
    } catch (error) {
      return this.#skip(entry, error instanceof Error ? error.message : String(error));
    }
    const notification = parseNotification(value);
    if (notification === undefined) return this.#skip(entry, "a field is missing or wrong");
    const { version } = notification;
    if (version > RECORD_VERSION) {
      return this.#skip(entry, `its version ${version} is newer than this program`);
    }
    if (notification.conversation_id === conversation_id) return [notification];
    return this.#skip(entry, "it is another conversation's");
  }

  #skip(entry: string, reason: string): [] {
    if (!this.#reported.has(entry)) log.warning`notification ${entry} is skipped: ${reason}`;
    if (this.#reported.size < MAX_REPORTED) this.#reported.add(entry);
    return [];
  }
}
