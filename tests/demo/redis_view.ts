/** The demo's look at a Redis: through the queue, as `deno task tasks` does. */
import { join } from "@std/path";
import { Redis } from "ioredis";
import { openStorage, type Storage } from "../../lib/open_storage.ts";
import { parseRedisUrl, placeOf } from "../../lib/redis/redis_url.ts";
import { RedisKeys } from "../../lib/redis/keys.ts";
import type { JournalEntry } from "../../lib/task/journal_entry.ts";
import type { Notification } from "../../lib/task/notification.ts";
import type { TaskState } from "../../lib/task/record.ts";
import { CONVERSATION, type Sighting, type View, type Words } from "./view.ts";

const BATCH = 500;

export class RedisView implements View {
  readonly env: Readonly<Record<string, string>>;
  /** A lease and a look for those that have run out, and some more. */
  readonly recovery_seconds = 40;
  readonly words: Words;
  /** Those of the conversation, by task. */
  readonly #told = new Map<string, Notification>();
  readonly #watch: { close(): void };

  private constructor(
    private readonly root: string,
    private readonly url: string,
    private readonly keys: RedisKeys,
    private readonly storage: Storage,
  ) {
    this.env = { QUEUE_URL: url };
    // From the beginning: one that main has shown is gone from those that are not shown.
    this.#watch = storage.notifications.watch(CONVERSATION, (notification) => {
      this.#told.set(notification.task_id, notification);
    });
    this.words = {
      shared: `a Redis, at ${placeOf(parseRedisUrl(url))}; its keys here begin with ${keys.prefix}`,
      asked: "hands in a request, which is pending",
      taken: "claims it: it is running",
      completed: "completes the task",
      shown: "notes that it was shown",
      left: ["It is still called running,", "its lease runs out within 15 seconds"],
    };
  }

  /**
   * @param root the demo's directory, whose owner removes it
   * @param queue_url where the server is. The demo's keys have a prefix of their own.
   */
  static async open(root: string, queue_url: string): Promise<RedisView> {
    const prefix = `demo-${crypto.randomUUID().slice(0, 8)}`;
    const url = new URL(queue_url);
    url.searchParams.set("prefix", prefix);
    const storage = await openStorage(
      { persistent_dir: join(root, "demo"), durability: "full", queue_url: url.href },
      { service_id: "the-demo", pid: Deno.pid, host: "localhost" },
    );
    return new RedisView(root, url.href, new RedisKeys(prefix), storage);
  }

  directory(program: "main" | "background"): string {
    return join(this.root, program);
  }

  async only(state: TaskState): Promise<string | undefined> {
    const ids = await this.storage.queue.ids([state]);
    return ids.length === 1 ? ids[0] : undefined;
  }

  async task(state: TaskState, id: string): Promise<Sighting | undefined> {
    const task = await this.storage.queue.get(id);
    if (task?.state !== state) return undefined;
    return { how: `$ deno task tasks show ${id}`, record: { ...task.record } };
  }

  async journal(id: string): Promise<JournalEntry[]> {
    const incarnation = (await this.storage.queue.get(id))?.record.incarnation;
    return incarnation === undefined ? [] : await this.storage.journals.read(id, incarnation);
  }

  notification(task_id: string): Promise<Sighting | undefined> {
    const record = this.#told.get(task_id);
    return Promise.resolve(record && { how: "in the chat: /notifications", record: { ...record } });
  }

  async isShown(task_id: string): Promise<boolean> {
    const unread = await this.storage.notifications.unread(CONVERSATION);
    return unread.every((notification) => notification.task_id !== task_id);
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.storage.close();
    const client = new Redis(this.url);
    try {
      for await (
        const keys of client.scanStream({ match: `${this.keys.prefix}:*`, count: BATCH })
      ) {
        if (keys.length > 0) await client.unlink(keys);
      }
    } finally {
      client.disconnect();
    }
  }
}
