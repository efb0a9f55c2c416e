import type { Conversation } from "../conversation/conversation.ts";
import type { Notifications } from "../notifications/notifications.ts";
import type { Notification } from "../task/notification.ts";

/**
 * Shows a conversation's notifications: first the person, then the model is told, and only then is
 * one acknowledged, so that a crash in between shows it twice and never not at all.
 */
export class ShownNotifications {
  readonly all: Notification[] = [];
  readonly #waiting = new Map<string, () => void>();
  #watch: { close(): void } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly conversation: Conversation,
    private readonly notifications: Notifications,
    private readonly show: (notification: Notification) => Promise<void> | void,
  ) {}

  /** Shows what came while nobody watched. */
  async catchUp(): Promise<void> {
    for (const notification of await this.notifications.unread(this.conversation.id)) {
      await this.#deliver(notification);
    }
  }

  /** Shows each one as it comes, until `close`. */
  watch(): void {
    this.#watch = this.notifications.watch(this.conversation.id, (notification) => {
      this.#last = this.#deliver(notification);
      return this.#last;
    });
  }

  /** Resolves when a notification of this task has been shown, or on abort. */
  ofTask(task_id: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.all.some((shown) => shown.task_id === task_id)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.set(task_id, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Ends the watch. What is being shown is finished first. */
  async close(): Promise<void> {
    this.#watch?.close();
    await this.#last.catch(() => {});
  }

  async #deliver(notification: Notification): Promise<void> {
    if (this.all.some(({ id }) => id === notification.id)) return;
    await this.show(notification);
    await this.conversation.notified(notification);
    await this.notifications.acknowledge(notification);
    this.all.push(notification);
    this.#waiting.get(notification.task_id)?.();
  }
}
