import type { RedisClient } from "./redis_client.ts";

/** How often a connection is tried where nothing else is asked, and how long an answer may take. */
export interface HeartbeatTimes {
  readonly every_ms: number;
  readonly silence_ms: number;
}

const TIMES: HeartbeatTimes = { every_ms: 5_000, silence_ms: 10_000 };

/**
 * Notices that the other end of a connection is gone without a word (a host that was cut off, a
 * server that hangs), and makes the connection anew.
 */
export class Heartbeat {
  readonly #timer: ReturnType<typeof setInterval>;
  /** Since when an answer is awaited. */
  #since: number | undefined;

  constructor(private readonly client: RedisClient, private readonly times = TIMES) {
    this.#timer = setInterval(() => this.#beat(), times.every_ms);
    const forget = () => this.#since = undefined;
    client.on("ready", forget);
    client.on("close", forget);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { client } = this;
    // It waits for its next try, or is not wanted.
    if (["wait", "reconnecting", "end"].includes(client.status)) return;
    if (this.#since === undefined) {
      this.#since = performance.now();
      if (client.status === "ready") this.#ping();
    } else if (performance.now() - this.#since >= this.times.silence_ms) {
      this.#since = undefined;
      client.disconnect(true);
    }
  }

  #ping(): void {
    const answered = () => this.#since = undefined;
    this.client.ping().then(answered, answered);
  }
}
