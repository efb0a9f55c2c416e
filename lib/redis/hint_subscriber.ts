import { Heartbeat } from "./heartbeat.ts";
import { disconnect, type RedisClient } from "./redis_client.ts";

interface Listener {
  readonly onMessage: (text: string) => void;
  readonly onGap: () => void;
}

/** Listens on channels over one connection, which is made when the first listener comes. */
export class HintSubscriber {
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: RedisClient | undefined;
  #heartbeat: Heartbeat | undefined;

  constructor(private readonly open: () => RedisClient) {}

  subscribe(
    channel: string,
    onMessage: (text: string) => void,
    onGap: () => void,
  ): { close(): void } {
    const listener = { onMessage, onGap };
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const client = this.#client ??= this.#begin();
    // One that is not ready yet listens to all channels once it is.
    if (client.status === "ready") {
      if (listeners.size === 1) void this.#listen(client, [channel]);
      else queueMicrotask(onGap);
    }
    return {
      close: () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        this.#listeners.delete(channel);
        this.#client?.unsubscribe(channel).catch(() => {});
      },
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#heartbeat?.stop();
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await disconnect(client);
  }

  #begin(): RedisClient {
    const client = this.open();
    this.#heartbeat = new Heartbeat(client);
    client.on("message", (channel: string, text: string) => {
      for (const { onMessage } of this.#listeners.get(channel) ?? []) onMessage(text);
    });
    // The first time too: until then messages were missed as in any other gap.
    client.on("ready", () => void this.#listen(client, [...this.#listeners.keys()]));
    client.connect().catch(() => {});
    return client;
  }

  // ioredis subscribes anew by itself too, and does not say when that is in force.
  async #listen(client: RedisClient, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await client.subscribe(...channels);
    } catch {
      // The connection was lost, or is closed: "ready" comes here again.
      return;
    }
    for (const channel of channels) {
      for (const { onGap } of this.#listeners.get(channel) ?? []) onGap();
    }
  }
}
