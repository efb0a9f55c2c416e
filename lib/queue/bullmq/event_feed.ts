/** BullMQ's log of events, read over one connection for all who listen, as long as anybody does. */
import { getLogger } from "@logtape/logtape";
import { disconnect, type RedisClient } from "../../redis/redis_client.ts";
import { RedisProblem } from "../../redis/redis_problem.ts";
import { untilAborted } from "../../redis/until_aborted.ts";
import type { BullmqContext } from "./context.ts";

const log = getLogger(["bts", "queue"]);

/** Those after which a job may be in another state. */
const MOVES: ReadonlySet<string> = new Set([
  "active",
  "added",
  "completed",
  "delayed",
  "failed",
  "removed",
  "stalled",
  "waiting",
]);
/** So many entries are read at once. */
const COUNT = 500;
/** How long one call waits for an entry, and how much later it counts as stuck. Milliseconds. */
const BLOCK_MS = 5_000;
const PATIENCE_MS = 5_000;
/** After a fault of the server's, in milliseconds. */
const FAULT_PAUSE_MS = 1_000;

/** Is given a job's id, or `undefined` where events may have been missed. */
type Listener = (job_id: string | undefined) => void;

/** Where entries are read on. */
interface Reader {
  readonly client: RedisClient;
  readonly stop: AbortController;
}

export class EventFeed {
  readonly #listeners = new Set<Listener>();
  #reader: Reader | undefined;
  /** Of readers that were stopped: resolved when their connections are gone. */
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly context: Pick<BullmqContext, "every" | "redis" | "keys" | "sleep">,
  ) {}

  /** The first call is with `undefined`: from then on events are told. */
  listen(listener: Listener): { close(): void } {
    this.#listeners.add(listener);
    if (this.#reader === undefined) this.#begin();
    else queueMicrotask(() => this.#listeners.has(listener) && listener(undefined));
    return {
      close: () => {
        this.#listeners.delete(listener);
        if (this.#listeners.size === 0) this.#stop();
      },
    };
  }

  /** Resolves when its connection is gone. */
  async close(): Promise<void> {
    this.#listeners.clear();
    this.#stop();
    await Promise.all(this.#ending);
  }

  #begin(): void {
    const reader = { client: this.context.redis.blocking(), stop: new AbortController() };
    this.#reader = reader;
    // A command that waits for a connection is not answered any more once that is given up.
    const stopped = new Promise<void>((resolve) => {
      reader.stop.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const reading = Promise.race([this.#read(reader), stopped])
      .then(() => disconnect(reader.client))
      .finally(() => this.#ending.delete(reading));
    this.#ending.add(reading);
  }

  #stop(): void {
    this.#reader?.stop.abort();
    this.#reader?.client.disconnect();
    this.#reader = undefined;
  }

  async #read(reader: Reader): Promise<void> {
    const { signal } = reader.stop;
    let last = "";
    let fault: string | undefined;
    while (!signal.aborted) {
      try {
        if (last === "") {
          last = await this.#newest(reader) ?? "";
          if (signal.aborted) return;
          this.#tellAll(undefined);
        }
        last = await this.#readOn(reader, last);
        fault = undefined;
      } catch (error) {
        if (signal.aborted) return;
        fault = this.#complain(error, fault);
        await this.context.sleep(FAULT_PAUSE_MS, signal);
        last = "";
      }
    }
  }

  /** Says what is wrong once, for as long as it lasts. @returns what to give with the next one */
  #complain(error: unknown, last: string | undefined): string {
    const worded = this.context.redis.worded(error);
    const fault = worded instanceof Error ? worded.message : String(worded);
    // That the connection is lost was said where it was noticed.
    const isSaid = fault === last || worded instanceof RedisProblem && worded.remedy === "time";
    if (!isSaid) {
      log.warning`the events of the queue could not be read, it is tried again: ${fault}`;
    }
    return fault;
  }

  /** Where the events end; `undefined` once it is stopped. */
  async #newest(reader: Reader): Promise<string | undefined> {
    const entries = await this.#watched(
      reader,
      ({ client }) => client.xrevrange(this.#key, "+", "-", "COUNT", 1),
    );
    return entries && (entries[0]?.[0] ?? "0-0");
  }

  /** @returns where to read on; "" where entries were missed */
  async #readOn(reader: Reader, last: string): Promise<string> {
    const key = this.#key;
    const answer = await this.#watched(
      reader,
      ({ client }) => client.xread("COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", key, last),
    );
    const entries = answer?.[0]?.[1] ?? [];
    for (const [, fields] of entries) if (!reader.stop.signal.aborted) this.#tell(fields);
    if (entries.length < COUNT) return entries.at(-1)?.[0] ?? last;
    // Whoever reads so slowly may be overtaken: the oldest entries are thrown away.
    return "";
  }

  /** An answer; a connection that gives none is made anew, as often as it takes. */
  async #watched<T>(reader: Reader, command: (reader: Reader) => Promise<T>) {
    const { client, stop } = reader;
    const watchdog = this.context.every(BLOCK_MS + PATIENCE_MS, () => client.disconnect(true));
    try {
      return await untilAborted(command(reader), stop.signal);
    } finally {
      watchdog.cancel();
    }
  }

  #tell(fields: readonly string[]): void {
    const at = (name: string) => fields[fields.indexOf(name) + 1];
    const job_id = at("jobId");
    if (MOVES.has(at("event") ?? "") && job_id !== undefined) this.#tellAll(job_id);
  }

  #tellAll(job_id: string | undefined): void {
    for (const listener of this.#listeners) listener(job_id);
  }

  get #key(): string {
    return this.context.keys.state("events");
  }
}
