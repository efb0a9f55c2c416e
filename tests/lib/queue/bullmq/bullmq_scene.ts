/** Queues on a Redis server of the test's own, each test with a prefix of its own. */
import { connect, RedisConnection } from "../../../../lib/redis/redis_connection.ts";
import { RedisKeys } from "../../../../lib/redis/keys.ts";
import { parseRedisUrl } from "../../../../lib/redis/redis_url.ts";
import { BullmqQueue } from "../../../../lib/queue/bullmq/bullmq_queue.ts";
import type { LeaseTimes } from "../../../../lib/queue/bullmq/lease_keeper.ts";
import { systemRuntime } from "../../../../lib/runtime.ts";
import { type Notification, parseNotification } from "../../../../lib/task/notification.ts";

/** What a queue is opened with. */
export interface OpenOptions {
  readonly service_id?: string;
  readonly times?: LeaseTimes;
  readonly now?: () => number;
}

/** One process's view of the tasks. */
export interface OpenQueue {
  readonly queue: BullmqQueue;
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  close(): Promise<void>;
}

/** @param url the server's, with the prefix */
export async function openQueue(url: string, options: OpenOptions = {}): Promise<OpenQueue> {
  const { service_id = "service-a", times, now = Date.now } = options;
  const target = parseRedisUrl(url);
  const connection = await connect(target, { patience_ms: 10_000, retryForever: true });
  const keys = new RedisKeys(target.prefix);
  const owner = { service_id, pid: Deno.pid, host: "here" };
  const queue = new BullmqQueue({
    ...systemRuntime,
    now,
    connection,
    keys,
    owner,
    ...(times === undefined ? {} : { times }),
  });
  const close = async () => {
    queue.close();
    await queue.closed();
    await connection.close();
  };
  return { queue, connection, keys, close };
}

/** Notifications of a conversation that were not shown, oldest first. */
export async function unread(
  { connection, keys }: OpenQueue,
  conversation_id: string,
): Promise<Notification[]> {
  const entries = await connection.ask((client) =>
    client.xrange(keys.unread(conversation_id), "-", "+")
  );
  return entries.flatMap(([, fields]) =>
    parseNotification(JSON.parse(fields[fields.indexOf("json") + 1] ?? "")) ?? []
  );
}

/** Marks a conversation's notifications as shown. */
export async function show(open: OpenQueue, conversation_id: string): Promise<void> {
  const { connection, keys } = open;
  const entries = await connection.ask((client) =>
    client.xrange(keys.unread(conversation_id), "-", "+")
  );
  for (const [entry, [, json = ""]] of entries) {
    const { id } = JSON.parse(json);
    await connection.ask((client) => client.xdel(keys.unread(conversation_id), entry));
    await connection.ask((client) => client.hset(keys.told(conversation_id), id, json));
  }
}
