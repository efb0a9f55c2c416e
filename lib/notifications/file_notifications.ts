/** Notifications as files: unread in `notifications/{conversation_id}/`, shown in its `read/`. */
import { getLogger } from "@logtape/logtape";
import type { Disk } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import type { Layout } from "../disk/layout.ts";
import { giveName, writeTemporary } from "../disk/publish.ts";
import type { Runtime, Timer } from "../runtime.ts";
import { encodeObject, parseObject } from "../task/json.ts";
import { isId } from "../task/id.ts";
import { type Notification, notificationIds, parseNotification } from "../task/notification.ts";
import { RECORD_VERSION, type TaskRecord } from "../task/record.ts";
import type { Notifications, PreparedNotification, TaskNotifications } from "./notifications.ts";

const log = getLogger(["bts", "notifications"]);
const MAX_BYTES = 1024 * 1024;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,95}\.json$/;
/** The directory is read this often where events were lost, in milliseconds. */
const CHECK_INTERVAL_MS = 2_000;
/** So many directories are remembered. */
const MAX_KNOWN = 1_000;

export interface NotificationContext {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  readonly every: Runtime["every"];
}

export class FileNotifications implements Notifications, TaskNotifications {
  readonly #reported = new Set<string>();
  /** Directories of conversations that are known to be there. */
  readonly #made = new Set<string>();

  constructor(private readonly context: NotificationContext) {}

  async put(notification: Notification): Promise<void> {
    // A look before anything is written: recovery repeats what mostly was done already.
    const place = await this.#placeOf(notification);
    if (place !== undefined) return await this.context.flusher.directory(place);
    await (await this.prepare(notification)).publish(false);
  }

  async prepare(notification: Notification): Promise<PreparedNotification> {
    const { disk, layout } = this.context;
    const bytes = encodeObject(notification);
    const path = layout.temporary(notification.id.slice(0, 64));
    const file = await writeTemporary(this.context, path, bytes);
    file.close();
    return {
      publish: (isFirst) => this.#publish(notification, path, isFirst),
      drop: async () => void await disk.unlink(path),
    };
  }

  async #publish(notification: Notification, temporary: string, isFirst: boolean): Promise<void> {
    const { disk, flusher } = this.context;
    const place = isFirst ? undefined : await this.#placeOf(notification);
    if (place !== undefined) {
      await disk.unlink(temporary);
      return await flusher.directory(place);
    }
    const { conversation_id, id } = notification;
    const directory = await this.#madeDirectory(conversation_id);
    try {
      await giveName(disk, temporary, `${directory}/${id}.json`);
    } catch (error) {
      // Perhaps somebody removed it: the next try makes it again.
      this.#made.delete(directory);
      throw error;
    }
    await flusher.directory(directory);
  }

  // Once a conversation, not once a notification: `#publish` forgets it where it is gone again.
  async #madeDirectory(conversation_id: string): Promise<string> {
    const { disk, flusher, layout } = this.context;
    const directory = this.#directory(conversation_id);
    if (this.#made.has(directory)) return directory;
    if (await disk.makeDirectory(directory)) await flusher.directory(layout.notifications);
    if (this.#made.size >= MAX_KNOWN) this.#made.clear();
    this.#made.add(directory);
    return directory;
  }

  async #placeOf({ conversation_id, id }: Notification): Promise<string | undefined> {
    const directory = this.#directory(conversation_id);
    // Unread first: it only moves from there to read/, so looking in this order cannot miss it.
    for (const place of [directory, `${directory}/read`]) {
      if (await this.context.disk.exists(`${place}/${id}.json`)) return place;
    }
    return undefined;
  }

  async unread(conversation_id: string): Promise<Notification[]> {
    const directory = this.#directory(conversation_id);
    const found: Notification[] = [];
    for (const { name } of await this.context.disk.list(directory) ?? []) {
      if (!NAME_PATTERN.test(name)) continue;
      const notification = await this.#read(`${directory}/${name}`, name);
      if (notification?.conversation_id === conversation_id) found.push(notification);
    }
    return found.sort((a, b) =>
      a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1
    );
  }

  async acknowledge({ conversation_id, id }: Notification): Promise<void> {
    const { disk, flusher } = this.context;
    const directory = this.#directory(conversation_id);
    if (await disk.makeDirectory(`${directory}/read`)) await flusher.directory(directory);
    // Somebody else may have shown it meanwhile: that is as good.
    await disk.rename(`${directory}/${id}.json`, `${directory}/read/${id}.json`);
    await flusher.directory(`${directory}/read`);
  }

  watch(
    conversation_id: string,
    onNotification: (notification: Notification) => Promise<void> | void,
  ): { close(): void } {
    const watch = new ConversationWatch(
      () => this.unread(conversation_id),
      onNotification,
      this.context.every,
    );
    const { disk, layout, flusher } = this.context;
    const begin = async () => {
      const directory = this.#directory(conversation_id);
      // The directory must be there to be watched, and watched before it is read.
      if (await disk.makeDirectory(directory)) await flusher.directory(layout.notifications);
      watch.attach(disk.watch(directory, () => watch.look()));
    };
    void begin().catch((error) => log.error`notifications cannot be watched: ${error}`);
    return watch;
  }

  async hasUnread(record: TaskRecord): Promise<boolean> {
    if (!isId(record.conversation_id)) return false;
    const directory = this.#directory(record.conversation_id);
    for (const id of notificationIds(record)) {
      if (await this.context.disk.stat(`${directory}/${id}.json`) !== undefined) return true;
    }
    return false;
  }

  async remove(record: TaskRecord): Promise<void> {
    // A rejected file may name no conversation.
    if (!isId(record.conversation_id)) return;
    const { disk, flusher } = this.context;
    const directory = this.#directory(record.conversation_id);
    const ids = notificationIds(record);
    // Unread first: one only moves from there to read/, so going in this order cannot miss it.
    for (const place of [directory, `${directory}/read`]) {
      // A link in its place would lead out of the tree.
      if ((await disk.stat(place))?.kind !== "directory") continue;
      for (const id of ids) await disk.unlink(`${place}/${id}.json`);
      await flusher.directory(place);
    }
  }

  #directory(conversation_id: string): string {
    return `${this.context.layout.notifications}/${conversation_id}`;
  }

  async #read(path: string, name: string): Promise<Notification | undefined> {
    try {
      const file = await this.context.disk.open(path, "read");
      // Shown by somebody else since the directory was read.
      if (file === undefined) return undefined;
      try {
        return this.#parse(path, name, await file.read(MAX_BYTES));
      } finally {
        file.close();
      }
    } catch (error) {
      // One that cannot be read must not hide the others.
      return this.#skip(path, error instanceof Error ? error.message : String(error));
    }
  }

  #parse(path: string, name: string, bytes: Uint8Array): Notification | undefined {
    let value: Record<string, unknown>;
    try {
      value = parseObject(bytes);
    } catch (error) {
      return this.#skip(path, error instanceof Error ? error.message : String(error));
    }
    const version = value["version"];
    if (typeof version === "number" && version > RECORD_VERSION) {
      return this.#skip(path, `its version ${version} is newer than this program`);
    }
    const notification = parseNotification(value);
    if (notification === undefined) return this.#skip(path, "a field is missing or wrong");
    if (`${notification.id}.json` !== name) return this.#skip(path, "its id is not its name");
    return notification;
  }

  #skip(path: string, reason: string): undefined {
    if (!this.#reported.has(path)) log.warning`${path} is skipped: ${reason}`;
    this.#reported.add(path);
    return undefined;
  }
}

/** Hands each unread notification to the callback once, one after the other. */
class ConversationWatch {
  readonly #seen = new Set<string>();
  readonly #timer: Timer;
  #closed = false;
  #watch: { close(): void } | undefined;
  #looking = false;
  #again = false;

  constructor(
    private readonly unread: () => Promise<Notification[]>,
    private readonly onNotification: (notification: Notification) => Promise<void> | void,
    every: Runtime["every"],
  ) {
    this.#timer = every(CHECK_INTERVAL_MS, () => this.look());
  }

  attach(watch: { close(): void }): void {
    if (this.#closed) return watch.close();
    this.#watch = watch;
    this.look();
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
    this.#watch?.close();
  }

  look(): void {
    if (this.#looking) this.#again = true;
    else void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#looking = true;
    try {
      do {
        this.#again = false;
        for (const notification of await this.unread()) {
          if (this.#closed) return;
          if (this.#seen.has(notification.id)) continue;
          await this.onNotification(notification);
          this.#seen.add(notification.id);
        }
      } while (this.#again && !this.#closed);
    } catch (error) {
      log.error`notifications could not be shown and are tried again: ${error}`;
    } finally {
      this.#looking = false;
    }
  }
}
