import { getLogger } from "@logtape/logtape";
import type { Conversation } from "../../conversation/conversation.ts";
import type { Notifications } from "../../notifications/notifications.ts";
import type { Notification } from "../../task/notification.ts";

const log = getLogger(["bts", "notifications"]);

/** While more and more come, they are waited for so many times. */
const MOST_ROUNDS = 4;

/**
 * Shows a conversation's notifications: first the person, then the model is told, and only then is
 * one acknowledged, so that a crash in between shows it twice and never not at all. Where the log
 * or the acknowledgement cannot be written, only these are tried again, when the next one comes and
 * at the end: what was shown is not shown again.
 *
 * Those that are there together are shown together.
 */
export class ShownNotifications {
  readonly all: Notification[] = [];
  readonly #unsettled = new Set<Notification>();
  readonly #covered = new Set<string>();
  #watch: { close(): void } | undefined;
  #closed = false;
  #held = false;
  #last: Promise<void> = Promise.resolve();

  /**
   * @param show shows some, oldest first
   * @param gather awaited between one's coming and the look which others there are; again where
   * there are more by then, with the number of the round
   */
  constructor(
    private readonly conversation: Conversation,
    private readonly notifications: Notifications,
    private readonly show: (batch: readonly Notification[]) => Promise<void> | void,
    private readonly gather: (round: number) => Promise<void> | void = () => {},
  ) {}

  /** Shows what is there now and was not shown yet. */
  async catchUp(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#settleAll();
      await this.#deliver([]);
    });
  }

  /** Shows them as they come, until `close`. */
  watch(): void {
    this.#watch = this.notifications.watch(
      this.conversation.id,
      (notification) => this.#arrived(notification),
    );
  }

  /** The person has seen what this one says: it counts as shown when it comes. */
  cover(notification_id: string): void {
    this.#covered.add(notification_id);
  }

  /**
   * Until `release` nothing is acknowledged: what `show` was given the person sees only later. The
   * model is told at once.
   */
  hold(): void {
    this.#held = true;
  }

  /** The person has seen it all; the next look or `close` acknowledges it. */
  release(): void {
    this.#held = false;
  }

  /** Ends the watch. What is being shown is finished first. */
  async close(): Promise<void> {
    this.#watch?.close();
    this.#closed = true;
    await this.#inTurn(() => this.#settleAll());
  }

  // One at a time: the watch and a catch-up may both have seen the same one.
  #arrived(notification: Notification): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isShown(notification)) return;
      await this.#gatherAll();
      // Who has left is shown it the next time.
      if (!this.#closed) await this.#deliver([notification]);
    });
  }

  async #gatherAll(): Promise<void> {
    for (let round = 1, known = 1; round <= MOST_ROUNDS && !this.#closed; round++) {
      await this.gather(round);
      const there = await this.notifications.unread(this.conversation.id);
      if (there.length <= known) return;
      known = there.length;
    }
  }

  async #deliver(arrived: readonly Notification[]): Promise<void> {
    const there = await this.notifications.unread(this.conversation.id);
    const others = arrived.filter(({ id }) => there.every((other) => other.id !== id));
    const batch = [...others, ...there].filter((notification) => !this.#isShown(notification));
    const unseen = batch.filter(({ id }) => !this.#covered.has(id));
    if (unseen.length > 0) await this.show(unseen);
    this.all.push(...batch);
    await this.#settleAll();
    for (const notification of batch) await this.#settle(notification);
  }

  #isShown({ id }: Notification): boolean {
    return this.all.some((shown) => shown.id === id);
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
      if (this.#held) return void this.#unsettled.add(notification);
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
