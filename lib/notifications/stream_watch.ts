import { getLogger } from "@logtape/logtape";
import { disconnect, type RedisClient } from "../redis/redis_client.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { RedisProblem } from "../redis/redis_problem.ts";
import { untilAborted } from "../redis/until_aborted.ts";
import { sleep } from "../sleep.ts";
import type { Notification } from "../task/notification.ts";

const log = getLogger(["bts", "notifications"]);

/** The stream is read anew at least this often, in milliseconds. */
const BLOCK_MS = 5_000;
/** A connection that has said nothing for so long is made anew, again and again. */
const SILENCE_MS = 15_000;
/** What could not be shown, or read, is tried again after so long. */
const AGAIN_MS = 1_000;

/**
 * Hands each unread notification to the callback once, one after the other. That the stream has grown
 * only wakes it; what is there is then read whole, so nothing depends on what was missed.
 */
export class StreamWatch {
  readonly #seen = new Set<string>();
  readonly #closed = new AbortController();
  readonly #client: RedisClient;

  constructor(
    private readonly redis: RedisConnection,
    private readonly key: string,
    private readonly unread: () => Promise<Notification[]>,
    private readonly onNotification: (notification: Notification) => Promise<void> | void,
  ) {
    this.#client = redis.blocking();
    void this.#watch();
  }

  close(): void {
    this.#closed.abort();
    void disconnect(this.#client);
  }

  async #watch(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        // Before the look: what comes after this is seen by the wait.
        const last = await this.#lastEntry();
        await this.#deliver();
        await this.#grown(last);
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        this.#complain(this.redis.worded(error));
        await sleep(AGAIN_MS, this.#closed.signal);
      }
    }
  }

  // That the connection is lost was said where it was noticed.
  #complain(error: unknown): void {
    if (error instanceof RedisProblem && error.remedy === "time") return;
    log.error`notifications could not be shown and are tried again: ${error}`;
  }

  async #lastEntry(): Promise<string> {
    const [entry] = await this.redis.ask((client) =>
      client.xrevrange(this.key, "+", "-", "COUNT", 1)
    );
    return entry?.[0] ?? "0-0";
  }

  async #deliver(): Promise<void> {
    for (const notification of await this.unread()) {
      if (this.#closed.signal.aborted) return;
      if (this.#seen.has(notification.id)) continue;
      await this.onNotification(notification);
      this.#seen.add(notification.id);
    }
  }

  /** Resolves when the stream has an entry after that one, or after a while. */
  async #grown(last: string): Promise<void> {
    if (this.#closed.signal.aborted) return;
    // The other end may be gone without a word: then nothing else would ever come.
    const timer = setInterval(() => this.#client.disconnect(true), SILENCE_MS);
    try {
      const growing = this.#client.xread("BLOCK", BLOCK_MS, "STREAMS", this.key, last);
      await untilAborted(growing, this.#closed.signal);
    } finally {
      clearInterval(timer);
    }
  }
}
