/** The first contact with a server: whether it can be reached, and what is wrong otherwise. */
import { Redis } from "ioredis";
import { RedisKeys } from "./keys.ts";
import { problemOf, RedisProblem } from "./redis_problem.ts";
import { commonOptions, disconnect } from "./redis_client.ts";
import { placeOf, type RedisTarget } from "./redis_url.ts";

/** A server that takes a connection and says nothing is given up after so long. */
const ANSWER_MS = 5_000;

/** What was found out about a server. */
export interface Reached {
  /** How connections are made from now on: without a password where the server wants none. */
  readonly target: RedisTarget;
  /** Whether the user may ask for INFO. */
  readonly mayInfo: boolean;
}

/**
 * Connects once, looks whether the user may do what every program does, and disconnects.
 *
 * @throws {RedisProblem}
 */
export async function reachOnce(target: RedisTarget): Promise<Reached> {
  const probe = new Redis({
    // Credentials and database are given below, where their errors are seen.
    ...commonOptions(withoutLogin(target)),
    db: 0,
    // It would be told first, and its answer waited for.
    connectionName: "",
    enableReadyCheck: false,
    commandTimeout: ANSWER_MS,
    retryStrategy: () => null,
  });
  // The promise of connect() says only that the connection was closed.
  let first: Error | undefined;
  probe.on("error", (error: Error) => first ??= error);
  try {
    await probe.connect();
    return await ask(probe, target);
  } catch (error) {
    throw problemOf(first ?? error, target) ?? unexpected(first ?? error, target);
  } finally {
    await disconnect(probe);
  }
}

async function ask(probe: Redis, target: RedisTarget): Promise<Reached> {
  const isWanted = await logIn(probe, target);
  await probe.ping();
  if (target.db !== 0) await probe.select(target.db);
  if (target.cluster) await probe.cluster("SLOTS");
  const { services, channels } = new RedisKeys(target.prefix);
  // In a cluster another node may have the key.
  if (!target.cluster) await probe.eval("return redis.call('EXISTS', KEYS[1])", 1, services);
  const info = await mayInfo(probe);
  // Last: who listens can ask nothing else.
  await probe.subscribe(channels.presence);
  return { target: isWanted ? target : withoutLogin(target), mayInfo: info };
}

/** Whether the server wanted the user and password; false where it has none for anybody. */
async function logIn(probe: Redis, { username, password }: RedisTarget): Promise<boolean> {
  if (username === undefined && password === undefined) return true;
  try {
    if (username === undefined) await probe.auth(password ?? "");
    else await probe.auth(username, password ?? "");
    return true;
  } catch (error) {
    if (error instanceof Error && /without any password configured/.test(error.message)) {
      return false;
    }
    throw error;
  }
}

function withoutLogin(target: RedisTarget): RedisTarget {
  return { ...target, username: undefined, password: undefined };
}

async function mayInfo(probe: Redis): Promise<boolean> {
  try {
    const info = await probe.info("persistence");
    if (/^loading:1/m.test(info)) throw new Error("LOADING");
    return true;
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return false;
    throw error;
  }
}

function unexpected(error: unknown, target: RedisTarget): RedisProblem {
  const why = withoutSecrets(error instanceof Error ? error.message : String(error), target);
  return new RedisProblem(`Redis at ${placeOf(target)} cannot be used: ${why}`, "settings", {
    cause: error,
  });
}

// A server may repeat what it was sent. The longer one first: it may begin with the other.
function withoutSecrets(text: string, { username = "", password = "" }: RedisTarget): string {
  return [username, password]
    .filter((secret) => secret !== "")
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}
