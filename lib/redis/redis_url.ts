/** The URL of a Redis server, taken apart: QUEUE_URL's form. */
import { ConfigError } from "../config_error.ts";

/** Where the queue is, and how to get in. */
export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  /** The number of the database. A cluster has 0 only. */
  readonly db: number;
  readonly username: string | undefined;
  /** Secret: never printed. */
  readonly password: string | undefined;
  readonly tls: boolean;
  /** What messages call the setting that names it. */
  readonly source: string;
  /** All keys begin with `{prefix}:`. */
  readonly prefix: string;
  /** The server is one of a Redis Cluster, which names the others. */
  readonly cluster: boolean;
}

const DEFAULT_PORT = 6379;
/** The prefix where the URL names none. */
export const DEFAULT_PREFIX = "bts";
const MAX_DB = 65_535;
const PREFIX_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const FORM = "redis://[user:password@]host[:6379][/database][?prefix=name][&cluster=true]";

/**
 * Reads `redis://[user:password@]host[:6379][/db][?prefix=name][&cluster=true]`; `rediss://` is the
 * same over TLS. User and password are percent-decoded.
 *
 * @param source what messages call the setting
 * @throws {ConfigError} one sentence, without the password
 */
export function parseRedisUrl(text: string, source = "QUEUE_URL"): RedisTarget {
  const wrong = (expected: string): never => {
    throw new ConfigError(`${source}: expected ${expected}; its form is ${FORM}`);
  };
  // Not only "is no URL": what follows the sign may be the rest of a password.
  const url = URL.canParse(text) && !text.includes("#")
    ? new URL(text)
    : wrong('a URL (in a password, write "#" as %23, "/" as %2F, "?" as %3F and "@" as %40)');
  if (!/^rediss?:$/.test(url.protocol)) wrong("redis:// or rediss:// (TLS) at the beginning");
  if (url.hostname === "") wrong("the server's host name or address after redis://");
  const { prefix, cluster } = optionsOf(url.searchParams, wrong);
  const db = databaseOf(url.pathname) ?? wrong("a database's number such as /0 after the host");
  if (cluster && db !== 0) wrong("no database with cluster=true: a cluster has only number 0");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    db,
    username: decoded(url.username, wrong),
    password: decoded(url.password, wrong),
    tls: url.protocol === "rediss:",
    source,
    prefix,
    cluster,
  };
}

/** "host:port", as sentences name the server. */
export function placeOf({ host, port }: Pick<RedisTarget, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function optionsOf(
  params: URLSearchParams,
  wrong: (expected: string) => never,
): Pick<RedisTarget, "prefix" | "cluster"> {
  for (const name of new Set(params.keys())) {
    if (name !== "prefix" && name !== "cluster") {
      wrong(`"prefix" and "cluster" as its only parameters, got ${JSON.stringify(cut(name))}`);
    }
    if (params.getAll(name).length > 1) wrong(`"${name}" only once`);
  }
  const prefix = params.get("prefix") ?? DEFAULT_PREFIX;
  if (!PREFIX_PATTERN.test(prefix)) {
    wrong(
      'as "prefix" 1 to 64 of the characters A-Z a-z 0-9 . _ - with a letter or digit first, got ' +
        JSON.stringify(cut(prefix)),
    );
  }
  const cluster = params.get("cluster") ?? "false";
  if (cluster !== "true" && cluster !== "false") {
    wrong(`as "cluster" true or false, got ${JSON.stringify(cut(cluster))}`);
  }
  return { prefix, cluster: cluster === "true" };
}

function databaseOf(path: string): number | undefined {
  const digits = path.replace(/^\//, "");
  if (digits === "") return 0;
  const db = /^\d{1,5}$/.test(digits) ? Number(digits) : NaN;
  return db <= MAX_DB ? db : undefined;
}

function decoded(part: string, wrong: (expected: string) => never): string | undefined {
  try {
    return part === "" ? undefined : decodeURIComponent(part);
  } catch {
    return wrong('"%" in user and password written as %25');
  }
}

function cut(text: string): string {
  return text.slice(0, 40);
}
