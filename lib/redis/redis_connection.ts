/** This process's connections to its Redis server: they come back by themselves. */
import { getLogger } from "@logtape/logtape";
import { ConfigError } from "../config_error.ts";
import { literal } from "../literal.ts";
import { sleep } from "../sleep.ts";
import { Heartbeat } from "./heartbeat.ts";
import { HintSubscriber } from "./hint_subscriber.ts";
import { RedisKeys } from "./keys.ts";
import { OpenQuestions } from "./open_questions.ts";
import { reachOnce } from "./reach.ts";
import { backOff, disconnect, makeClient, type RedisClient } from "./redis_client.ts";
import { problemOf, RedisProblem } from "./redis_problem.ts";
import { placeOf, type RedisTarget } from "./redis_url.ts";
import { orAborted } from "./until_aborted.ts";

const log = getLogger(["bts", "redis"]);

/** Without a connection or answer for so long, commands of a program that does not wait for ever fail. */
const COMMAND_PATIENCE_MS = 20_000;
/** The same for one that is about to end: without a connection, and without an answer on one. */
const HURRY_MS = 1_000;
const HURRY_ANSWER_MS = 3_000;
/** What gets better by itself is asked again after so long. */
const AGAIN_MS = 250;

export interface ConnectOptions {
  /** How long a server that cannot be reached is waited for at first. Milliseconds. */
  readonly patience_ms: number;
  /** A service: it waits for its server as long as it takes, at first and at every command. */
  readonly retryForever: boolean;
  /** Ends the waiting at first: `connect` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a server.
 *
 * @throws {ConfigError} when the URL, or what its user may do, is wrong
 * @throws {RedisProblem} when the server cannot be reached for so long
 */
export async function connect(
  target: RedisTarget,
  options: ConnectOptions,
): Promise<RedisConnection> {
  const reached = await reach(target, options);
  const patience = options.retryForever ? Infinity : COMMAND_PATIENCE_MS;
  const connection = new RedisConnection(reached.target, reached.mayInfo, patience);
  try {
    const { services } = new RedisKeys(target.prefix);
    // The server may go away between the two.
    await orAborted(connection.ask((client) => client.exists(services)), options.signal);
    return connection;
  } catch (error) {
    await connection.close();
    throw settled(error, target);
  }
}

async function reach(target: RedisTarget, options: ConnectOptions) {
  const began = performance.now();
  for (let tries = 1;; tries++) {
    try {
      return await reachOnce(target);
    } catch (error) {
      if (!(error instanceof RedisProblem) || !isWorthWaiting(error, options)) {
        throw settled(error, target);
      }
      const isOver = performance.now() - began > options.patience_ms;
      if (isOver && !options.retryForever) throw error;
      if (options.retryForever && tries === 1) {
        log.warning(literal(`${error.message}; it is tried again until it works`));
      }
    }
    await sleep(backOff(tries), options.signal);
    options.signal?.throwIfAborted();
  }
}

// A service may be started before its server has a name, by whatever starts both.
function isWorthWaiting(
  { remedy, cause }: RedisProblem,
  { retryForever }: ConnectOptions,
): boolean {
  const { code } = cause as { code?: unknown };
  return remedy === "time" || remedy === "operator" || retryForever && code === "ENOTFOUND";
}

function settled(error: unknown, { source }: RedisTarget): unknown {
  return error instanceof RedisProblem && error.remedy === "settings"
    ? new ConfigError(`${source}: ${error.message}`, { cause: error })
    : error;
}

export class RedisConnection {
  /** For commands. They wait while there is no connection; so do those of which no answer came. */
  readonly client: RedisClient;
  readonly place: string;
  readonly #hints: HintSubscriber;
  readonly #heartbeat: Heartbeat;
  readonly #blocking = new Set<RedisClient>();
  readonly #questions = new OpenQuestions((began) => this.#isUnanswered(began));
  #closed = false;
  /** Since when the program is about to end, by the monotonic clock. */
  #hurriedAt: number | undefined;
  #isReached = false;
  /** When the connection was lost, by the monotonic clock. */
  #lostAt: number | undefined;
  #isSaid = false;
  /** Why there is no connection. */
  #lastError: Error | undefined;

  /**
   * @param mayInfo whether the user may ask for INFO
   * @param patience_ms without a connection or answer for so long, commands fail
   */
  constructor(
    readonly target: RedisTarget,
    private readonly mayInfo: boolean,
    private patience_ms: number,
  ) {
    this.place = placeOf(target);
    this.client = this.#open((tries) => this.#isGivenUp() ? null : backOff(tries));
    this.client.on("close", () => this.#onLost());
    this.client.on("ready", () => this.#onReady());
    this.client.on("end", () => void this.#reopen());
    this.client.on("error", (error: Error) => this.#lastError = error);
    this.#hints = new HintSubscriber(() => this.#open(backOff));
    this.#heartbeat = new Heartbeat(this.client);
  }

  /**
   * Asks the server. What is lost with a connection is asked again: it must be safe to ask twice.
   *
   * @throws {RedisProblem} in one sentence
   */
  async ask<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const began = performance.now();
    for (;;) {
      try {
        return await this.#questions.answer(command(this.client), began);
      } catch (error) {
        const problem = problemOf(error, this.target);
        if (problem === undefined) throw error;
        const isOver = this.#closed || this.#isGivenUp() ||
          performance.now() - began > this.patience_ms;
        if (problem.remedy !== "time" || isOver) throw this.#deeper(problem);
      }
      await sleep(AGAIN_MS);
    }
  }

  /** What an error means, in one sentence where it is the server's or the connection's. */
  worded(error: unknown): unknown {
    return problemOf(error, this.target) ?? error;
  }

  /**
   * A new connection for calls that block; the caller disconnects it.
   *
   * @param name what it is called in the server's list of its clients
   */
  blocking(name?: string): RedisClient {
    const client = this.#open(backOff, name);
    this.#blocking.add(client);
    client.once("end", () => void disconnect(client).then(() => this.#blocking.delete(client)));
    return client;
  }

  /**
   * Listens on a channel. All channels share a connection.
   *
   * @param onGap messages may have been lost: the connection was, and is back
   */
  subscribe(
    channel: string,
    onMessage: (text: string) => void,
    onGap: () => void,
  ): { close(): void } {
    return this.#hints.subscribe(channel, onMessage, onGap);
  }

  /** From now on no command waits for long: the program is about to end. */
  hurry(): void {
    this.#hurriedAt ??= performance.now();
    this.patience_ms = Math.min(this.patience_ms, HURRY_MS);
  }

  /** Commands that wait fail, with a connection or without. Resolves when no connection is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#heartbeat.stop();
    await Promise.all([
      this.#hints.close(),
      ...[this.client, ...this.#blocking].map((client) => disconnect(client)),
    ]);
    this.#questions.end();
  }

  #open(pause: (tries: number) => number | null, name?: string): RedisClient {
    const client = makeClient(this.target, pause, this.mayInfo, name);
    // What is wrong is said by the commands that meet it; without a listener ioredis prints it.
    client.on("error", () => {});
    return client;
  }

  // A command learns only that there is no connection, not why.
  #deeper(problem: RedisProblem): RedisProblem {
    if (this.#lostAt === undefined) return problem;
    return problemOf(this.#lastError, this.target) ?? problem;
  }

  #onLost(): void {
    if (this.#closed || this.#lostAt !== undefined) return;
    this.#lostAt = performance.now();
    if (!this.#isReached) return;
    this.#isSaid = true;
    log.warning("the connection to Redis at {place} is lost, and is tried again", {
      place: this.place,
    });
  }

  #onReady(): void {
    this.#lostAt = undefined;
    this.#lastError = undefined;
    this.#isReached = true;
    if (this.#isSaid) log.warning("Redis at {place} is there again", { place: this.place });
    this.#isSaid = false;
  }

  #isGivenUp(): boolean {
    return this.#lostAt !== undefined && performance.now() - this.#lostAt > this.patience_ms;
  }

  #isUnanswered(began: number): boolean {
    if (this.#isGivenUp()) return true;
    const now = performance.now();
    if (this.#hurriedAt === undefined) return now - began > this.patience_ms;
    if (now - Math.max(began, this.#hurriedAt) <= HURRY_ANSWER_MS) return false;
    // It hangs: what is asked after this need not find that out again.
    if (this.client.status === "ready") this.client.disconnect(true);
    return true;
  }

  // All commands that waited have failed; those that come now may find the server there again.
  async #reopen(): Promise<void> {
    if (this.#closed) return;
    await sleep(backOff(Infinity));
    if (this.#closed || this.client.status !== "end") return;
    await this.client.connect().catch(() => {});
  }
}
