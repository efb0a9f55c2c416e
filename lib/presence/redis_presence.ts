/** Services in Redis: alive is whose record has not expired. */
import { getLogger } from "@logtape/logtape";
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { Script } from "../redis/script.ts";
import type { Runtime, Timer } from "../runtime.ts";
import { SaidOnce } from "../said_once.ts";
import { MoveRefused, whyRefused } from "../task/move_mark.ts";
import { parseServiceRecord, type ServiceRecord } from "../task/service_record.ts";
import type { Announced, Presence } from "./presence.ts";
import { findMoveMark } from "./redis_move_mark.ts";

const log = getLogger(["bts", "presence"]);

/** A service counts as alive for so long after it was last heard of, in milliseconds. */
const LIFE_MS = 15_000;
const RENEWAL_MS = 5_000;
/** Who cannot say good-bye for so long is forgotten by itself. */
const GOODBYE_MS = 2_000;

/**
 * Says that a service is there, by the server's clock. KEYS: services, service, mark of a move. ARGV:
 * id, record, milliseconds, channel. Answers MOVING, and says nothing, where there is a mark: but for
 * a service that counts as alive, which the move has seen or will see.
 */
const ANNOUNCE = new Script(
  "btsAnnounce",
  `local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if redis.call('EXISTS', KEYS[3]) == 1 and redis.call('EXISTS', KEYS[2]) == 0 then
    return 'MOVING'
  end
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  if redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1]) == 1 then
    redis.call('PUBLISH', ARGV[4], ARGV[1])
  end
  return 'OK'`,
  3,
);

/** KEYS: services, service. ARGV: id, channel. */
const WITHDRAW = new Script(
  "btsWithdraw",
  `redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('PUBLISH', ARGV[2], ARGV[1])
  return 'OK'`,
  2,
);

export interface RedisPresenceContext {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  readonly every: Runtime["every"];
  readonly sleep: Runtime["sleep"];
}

export class RedisPresence implements Presence {
  constructor(private readonly context: RedisPresenceContext) {}

  async announce(record: ServiceRecord): Promise<Announced> {
    const announced = new RenewedRecord(this.context, record);
    // A move sets its mark and then looks for services; here both are one step. So one of the two
    // sees the other, whoever is faster.
    while (!await announced.renew()) {
      const refusal = await this.#refusal("start a service");
      if (refusal !== undefined) throw refusal;
    }
    const refused = new AbortController();
    announced.begin(async () => {
      const refusal = await this.#refusal("go on with the service");
      if (refusal !== undefined) refused.abort(refusal);
      return refusal !== undefined;
    });
    return { withdraw: () => announced.withdraw(), refused: refused.signal };
  }

  // `undefined` where the mark has gone meanwhile.
  async #refusal(what: string): Promise<MoveRefused | undefined> {
    const { redis, keys } = this.context;
    const moving = await redis.ask((client) => findMoveMark(client, keys));
    return moving && new MoveRefused(whyRefused(`${what} on Redis at ${redis.place}`, moving));
  }

  async live(): Promise<ServiceRecord[]> {
    const { redis, keys } = this.context;
    const ids = await redis.ask((client) => client.zrange(keys.services, 0, -1));
    if (ids.length === 0) return [];
    const texts = await redis.ask((client) => client.mget(ids.map((id) => keys.service(id))));
    return texts.flatMap((text, at) => text === null ? [] : parse(ids[at] ?? "", text))
      .sort((a, b) => a.started_at < b.started_at ? -1 : 1);
  }

  async hasOthers(service_id: string): Promise<boolean> {
    const { redis, keys } = this.context;
    const ids = await redis.ask((client) => client.zrange(keys.services, 0, -1));
    const others = ids.filter((id) => id !== service_id).map((id) => keys.service(id));
    if (others.length === 0) return false;
    return await redis.ask((client) => client.exists(...others)) > 0;
  }

  watch(onChange: () => void): { close(): void } {
    const { redis, keys } = this.context;
    return redis.subscribe(keys.channels.presence, () => onChange(), onChange);
  }
}

/** A service that says again and again that it is there. */
class RenewedRecord {
  readonly #fault = new SaidOnce();
  #timer: Timer | undefined;
  #renewing: Promise<void> | undefined;

  constructor(
    private readonly context: RedisPresenceContext,
    private readonly record: ServiceRecord,
  ) {}

  /** @param isRefused asked where a move keeps it away; true ends the renewals */
  begin(isRefused: () => Promise<boolean>): void {
    this.#timer = this.context.every(RENEWAL_MS, () => {
      // One that waits for the connection is as good as the next.
      this.#renewing ??= this.#renewAgain(isRefused);
    });
  }

  /** @returns false where the service counted as gone, and a move keeps it away */
  async renew(): Promise<boolean> {
    const { redis, keys } = this.context;
    const { service_id } = this.record;
    const args = [service_id, JSON.stringify(this.record), LIFE_MS, keys.channels.presence];
    const answer = await redis.ask((client) =>
      ANNOUNCE.run(client, [keys.services, keys.service(service_id), keys.moving], args)
    );
    return answer === "OK";
  }

  async withdraw(): Promise<void> {
    this.#timer?.cancel();
    const given = new AbortController();
    const leaving = this.#leave().finally(() => given.abort());
    await Promise.race([leaving, this.context.sleep(GOODBYE_MS, given.signal)]);
  }

  async #renewAgain(isRefused: () => Promise<boolean>): Promise<void> {
    try {
      if (!await this.renew() && await isRefused()) this.#timer?.cancel();
      this.#fault.over();
    } catch (error) {
      if (this.#fault.isNews(error)) {
        log.warning`that this service is alive could not be said: ${error}`;
      }
    } finally {
      this.#renewing = undefined;
    }
  }

  async #leave(): Promise<void> {
    const { redis, keys } = this.context;
    const { service_id } = this.record;
    try {
      // Or it would bring the record back.
      await this.#renewing;
      await redis.ask((client) =>
        WITHDRAW.run(client, [keys.services, keys.service(service_id)], [
          service_id,
          keys.channels.presence,
        ])
      );
    } catch (error) {
      log.debug`the service's record is left to expire: ${error}`;
    }
  }
}

function parse(service_id: string, text: string): ServiceRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const record = parseServiceRecord(value);
  if (record !== undefined) return [record];
  log.warning`service ${service_id} is skipped: its record is none of a service`;
  return [];
}
