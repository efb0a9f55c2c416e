import { findMoveMark } from "../presence/redis_move_mark.ts";
import { sleep } from "../sleep.ts";
import type { FoundMark, MoveMark } from "../task/move_mark.ts";
import type { RedisPlace } from "./redis_place.ts";
import { RELEASE_MARK, RENEW_MARK, SET_MARK } from "./scripts/mark.ts";
import type { PlaceMark } from "./task_store.ts";

/** In milliseconds. */
export interface MarkTimes {
  /** A process that has not renewed its mark for so long is gone. */
  readonly life: number;
  readonly renew: number;
}

const TIMES: MarkTimes = { life: 10_000, renew: 2_000 };
/** How often a mark is looked at, to see whether it is renewed. */
const LOOK_MS = 200;

/** The mark of a move on a server: two keys, one of which its process renews. */
export class RedisMark implements PlaceMark {
  readonly #lost = new AbortController();
  readonly #process = crypto.randomUUID();
  /** The mark that was there when it was last looked for; "" for none. */
  #found = "";
  #text: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<void> | undefined;

  constructor(
    private readonly server: RedisPlace,
    private readonly times: MarkTimes = TIMES,
  ) {}

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async find(): Promise<FoundMark | undefined> {
    const found = await this.server.redis.ask((client) => findMoveMark(client, this.server.keys));
    this.#found = found?.text ?? "";
    return found;
  }

  async watch(): Promise<FoundMark | undefined> {
    for (let last = Infinity;;) {
      const found = await this.find();
      if (found?.alive !== true) return found;
      const left = await this.server.redis.ask((client) => client.pttl(this.server.keys.mover));
      // It lives longer than it did: somebody has renewed it.
      if (left > last) return found;
      last = left;
      await sleep(LOOK_MS);
    }
  }

  async set(mark: MoveMark, found: FoundMark | undefined): Promise<boolean> {
    const text = JSON.stringify(mark);
    const { keys } = this.server;
    const args = [
      text,
      this.#process,
      this.#found,
      found?.alive === false ? "1" : "",
      this.times.life,
    ];
    const answer = await this.server.redis.ask((client) =>
      SET_MARK.run(client, [keys.moving, keys.mover], args)
    );
    if (answer !== 1) return false;
    this.#text = text;
    this.#timer = setInterval(() => {
      // One that waits for the connection is as good as the next.
      this.#renewing ??= this.#renew(text).finally(() => this.#renewing = undefined);
    }, this.times.renew);
    return true;
  }

  async #renew(text: string): Promise<void> {
    const { keys, place } = this.server;
    try {
      const args = [text, this.#process, this.times.life];
      const answer = await this.server.redis.ask((client) =>
        RENEW_MARK.run(client, [keys.moving, keys.mover], args)
      );
      if (answer === 1) return;
    } catch (error) {
      // Whatever is wrong, the move meets it too.
      this.#lost.abort(error);
      return;
    }
    const why =
      `the mark of this move at ${place} is gone: another move has begun, or somebody has ` +
      "removed it; look which, and say the same command again";
    this.#lost.abort(new Error(why));
  }

  async release({ remove }: { readonly remove: boolean }): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    if (this.#text === undefined) return;
    const { keys } = this.server;
    const args = [this.#text, this.#process, remove ? "1" : ""];
    await this.server.redis.ask((client) =>
      RELEASE_MARK.run(client, [keys.moving, keys.mover], args)
    );
    this.#text = undefined;
  }
}
