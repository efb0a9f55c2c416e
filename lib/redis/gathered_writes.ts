import { Redis } from "ioredis";
import { setImmediate } from "node:timers";
import type { RedisClient } from "./redis_client.ts";

/**
 * What is asked in one turn of the event loop goes to the socket by one write: a write and the read on
 * the other side cost more than most commands do.
 */
export class GatheredWrites {
  /** The socket that is held back until the end of this turn. */
  #held: unknown;

  /** To be called before a command is given to the client. */
  hold(client: RedisClient): void {
    // A cluster has a socket for each node.
    const socket = client instanceof Redis ? client.stream : undefined;
    if (socket === undefined || socket === this.#held) return;
    this.#held = socket;
    socket.cork();
    setImmediate(() => {
      this.#held = undefined;
      socket.uncork();
    });
  }
}
