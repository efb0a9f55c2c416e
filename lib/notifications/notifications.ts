import type { Notification } from "../task/notification.ts";
import type { TaskRecord } from "../task/record.ts";

/** A notification that is on the disk, under a name that nobody reads. */
export interface PreparedNotification {
  /**
   * Publishes it, as `put` does. Durable when it resolves.
   *
   * @param isFirst nobody can have published it before: it is not looked for
   */
  publish(isFirst: boolean): Promise<void>;
  /** Throws it away. */
  drop(): Promise<void>;
}

/** The notifications of every conversation: put once, shown at least once. */
export interface Notifications {
  /** Publishes; changes nothing where the id exists, unread or read. Durable when it resolves. */
  put(notification: Notification): Promise<void>;
  /** Does the part of `put` that can go on beside other writing: nobody sees it yet. */
  prepare(notification: Notification): Promise<PreparedNotification>;
  /** Those not shown yet, oldest first. Unreadable ones are skipped and reported once. */
  unread(conversation_id: string): Promise<Notification[]>;
  /** Marks one as shown: call it after it was shown, so that a crash shows it twice, not never. */
  acknowledge(notification: Notification): Promise<void>;
  /**
   * Calls back for each notification not shown yet, those that are there first, oldest first; the
   * next only after the promise for the last has resolved. Each is reported once per watch.
   */
  watch(
    conversation_id: string,
    onNotification: (notification: Notification) => Promise<void> | void,
  ): { close(): void };
}

/** The notifications of one task, those of all its runs. */
export interface TaskNotifications {
  /** Whether one of them was never shown. */
  hasUnread(record: TaskRecord): Promise<boolean>;
  /** Removes them all, shown or not. Durable when it resolves. */
  remove(record: TaskRecord): Promise<void>;
}
