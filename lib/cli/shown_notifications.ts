import { getLogger } from "@logtape/logtape";
import type { Conversation } from "../conversation/conversation.ts";
import type { Notifications } from "../notifications/notifications.ts";
import type { Notification } from "../task/notification.ts";

const log = getLogger(["bts", "notifications"]);

/**
 * Shows a conversation's notifications: first the person, then the model is told, and only then is
 * one acknowledged, so that a crash in between shows it twice and never not at all. Where the log
 * or the acknowledgement cannot be written, only these are tried again, when the next one comes and
 * at the end: what was shown is not shown again.
 */
export class ShownNotifications {
  readonly all: Notification[] = [];
  readonly #unsettled = new Set<Notification>();
  #watch: { close(): void } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly conversation: Conversation,
    private readonly notifications: Notifications,
    private readonly show: (notification: Notification) => Promise<void> | void,
  ) {}

  /** Shows what is there now and was not shown yet. */
  async catchUp(): Promise<void> {
    await this.#inTurn(() => this.#settleAll());
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
    await this.#inTurn(() => this.#settleAll());
  }

  // One at a time: the watch and a catch-up may both have seen the same one.
  #deliver(notification: Notification): Promise<void> {
    return this.#inTurn(async () => {
      if (this.all.some(({ id }) => id === notification.id)) return;
      await this.show(notification);
      this.all.push(notification);
      await this.#settleAll();
      await this.#settle(notification);
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #settleAll(): Promise<void> {
    for (const notification of [...this.#unsettled]) await this.#settle(notification);
  }

  async #settle(notification: Notification): Promise<void> {
    try {
      await this.conversation.notified(notification);
      await this.notifications.acknowledge(notification);
      this.#unsettled.delete(notification);
    } catch (error) {
      if (this.#unsettled.has(notification)) return;
      this.#unsettled.add(notification);
      const why = error instanceof Error ? error.message : String(error);
      log.warning`this notification was shown, but that could not be noted: ${why}`;
    }
  }
}
