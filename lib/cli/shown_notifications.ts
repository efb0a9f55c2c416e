import type { Conversation } from "../conversation/conversation.ts";
import type { Notifications } from "../notifications/notifications.ts";
import type { Notification } from "../task/notification.ts";

/**
 * Shows a conversation's notifications: first the person, then the model is told, and only then is
 * one acknowledged, so that a crash in between shows it twice and never not at all.
 */
export class ShownNotifications {
  readonly all: Notification[] = [];
  #watch: { close(): void } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly conversation: Conversation,
    private readonly notifications: Notifications,
    private readonly show: (notification: Notification) => Promise<void> | void,
  ) {}

  /** Shows what is there now and was not shown yet. */
  async catchUp(): Promise<void> {
    for (const notification of await this.notifications.unread(this.conversation.id)) {
      await this.#deliver(notification);
    }
  }

  /** Shows each one as it comes, until `close`. */
  watch(): void {
    this.#watch = this.notifications.watch(
      this.conversation.id,
      (notification) => this.#deliver(notification),
    );
  }

  /** Ends the watch. What is being shown is finished first. */
  async close(): Promise<void> {
    this.#watch?.close();
    await this.#last;
  }

  // One at a time: the watch and a catch-up may both have seen the same one.
  #deliver(notification: Notification): Promise<void> {
    const delivered = this.#last.then(() => this.#deliverOnce(notification));
    this.#last = delivered.catch(() => {});
    return delivered;
  }

  async #deliverOnce(notification: Notification): Promise<void> {
    if (this.all.some(({ id }) => id === notification.id)) return;
    await this.show(notification);
    await this.conversation.notified(notification);
    await this.notifications.acknowledge(notification);
    this.all.push(notification);
  }
}
