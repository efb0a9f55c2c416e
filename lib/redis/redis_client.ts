/** How clients of ioredis are made: the one place that knows its options. */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { sleep } from "../sleep.ts";
import type { RedisTarget } from "./redis_url.ts";

export type RedisClient = Redis | Cluster;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A server that does not close its end is left after so long. */
const GOODBYE_MS = 200;
const MARGIN_MS = 20;
/** A node that is down is asked again after so long; so often before a command fails. */
const NODE_PAUSE_MS = 200;
const NODE_TRIES = 100;

/** What a connection is called in the server's list of its clients. */
export const CLIENT_NAME = "bts";

/** How long is waited before a connection is tried again: longer each time, 50 ms to 2 s. */
export function backOff(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 10), LONGEST_PAUSE_MS);
}

/** What every connection to a server has in common. */
export function commonOptions(target: RedisTarget): RedisOptions {
  const { host, port, db, username, password, tls } = target;
  return {
    host,
    port,
    db,
    ...(username === undefined ? {} : { username, password: password ?? "" }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: GOODBYE_MS,
    // Each command waits for the connection to come back; who gives up is decided elsewhere.
    maxRetriesPerRequest: null,
    disableClientInfo: true,
    connectionName: CLIENT_NAME,
  };
}

/**
 * A client that is not connected yet.
 *
 * @param pause milliseconds before the next try; `null` to give up
 * @param mayInfo whether the user may ask for INFO, which tells when the server has loaded its data
 * @param name what the connection is called there
 */
export function makeClient(
  target: RedisTarget,
  pause: (tries: number) => number | null,
  mayInfo: boolean,
  name: string = CLIENT_NAME,
): RedisClient {
  const options = {
    ...commonOptions(target),
    connectionName: name,
    enableReadyCheck: mayInfo,
    // A replica that was the primary until now: the name leads to the new one.
    reconnectOnError: (error: Error) => /^READONLY/.test(error.message),
  };
  if (!target.cluster) return new Redis({ ...options, retryStrategy: pause });
  const { host, port, db: _, ...ofNodes } = options;
  const ofCluster: ClusterOptions = {
    redisOptions: ofNodes,
    clusterRetryStrategy: pause,
    lazyConnect: true,
    // CLUSTER INFO may be forbidden, and a cluster that is down says so at each command.
    enableReadyCheck: false,
    maxRedirections: NODE_TRIES,
    retryDelayOnClusterDown: NODE_PAUSE_MS,
    retryDelayOnFailover: NODE_PAUSE_MS,
    retryDelayOnTryAgain: NODE_PAUSE_MS,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
  };
  return new Cluster([{ host, port }], ofCluster);
}

/** Clients that were told to go, or are gone. */
const leaving = new WeakMap<RedisClient, Promise<void>>();

/** Disconnects for good. Resolves when nothing of the connection is left, however often it is called. */
export function disconnect(client: RedisClient): Promise<void> {
  const left = leaving.get(client) ?? leave(client);
  leaving.set(client, left);
  return left;
}

async function leave(client: RedisClient): Promise<void> {
  if (client.status === "end") return;
  const { status } = client;
  const ended = new AbortController();
  // One that waits for its next try has no end, only ioredis's timer for a socket that is gone; one
  // that was about to be ready starts such a timer after its end.
  if (status === "ready") client.once("end", () => ended.abort());
  client.disconnect();
  if (status !== "wait") await sleep(GOODBYE_MS + MARGIN_MS, ended.signal);
}
