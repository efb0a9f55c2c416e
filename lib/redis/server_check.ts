/** Whether a server keeps what it acknowledges, by its own settings. */
import type { Config } from "../config.ts";
import type { RedisClient } from "./redis_client.ts";
import type { RedisConnection } from "./redis_connection.ts";

/** Settings as the server tells them; `undefined` where it does not. */
export interface ServerSettings {
  /** "Redis" or "Valkey". */
  readonly software: string;
  readonly version: string | undefined;
  readonly appendonly: string | undefined;
  readonly appendfsync: string | undefined;
  readonly maxmemory_policy: string | undefined;
}

const OLDEST = [6, 2] as const;

/**
 * What is wrong with a server's settings, a sentence each; nothing when all is well.
 *
 * @param place "host:port"
 */
export function judgeServer(
  settings: ServerSettings,
  durability: Config["durability"],
  place: string,
): string[] {
  const { software } = settings;
  const server = `${software} at ${place}`;
  return [
    aboutVersion(settings, server),
    aboutFlushes(settings, durability, server),
    aboutEviction(settings, server),
    untold(settings, place),
  ].flatMap((sentence) => sentence ?? []);
}

/** Reads the settings by INFO and CONFIG GET, each of which the server may refuse. */
export async function readServer(redis: RedisConnection): Promise<ServerSettings> {
  const info = await orNothing(redis, (client) => client.info());
  const field = (name: string) => info?.match(new RegExp(`^${name}:(.*?)\\r?$`, "m"))?.[1];
  const setting = async (name: string) => {
    const answer = await orNothing(redis, (client) => client.config("GET", name));
    return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : undefined;
  };
  const valkey = field("valkey_version");
  const aof = field("aof_enabled");
  return {
    software: valkey === undefined ? "Redis" : "Valkey",
    version: valkey ?? field("redis_version"),
    appendonly: aof === undefined ? await setting("appendonly") : aof === "1" ? "yes" : "no",
    appendfsync: await setting("appendfsync"),
    maxmemory_policy: field("maxmemory_policy") ?? await setting("maxmemory-policy"),
  };
}

async function orNothing<T>(
  redis: RedisConnection,
  command: (client: RedisClient) => Promise<T>,
): Promise<T | undefined> {
  return await redis.ask((client) =>
    command(client).catch((error: unknown) => {
      if (isRefusal(redis, error)) return undefined;
      throw error;
    })
  );
}

// Managed servers have no CONFIG, each in its own words, and a user may be forbidden both.
function isRefusal(redis: RedisConnection, error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "ReplyError") return false;
  return /NOPERM|unknown command/i.test(error.message) || redis.worded(error) === error;
}

function aboutVersion({ software, version }: ServerSettings, server: string): string | undefined {
  if (software !== "Redis" || version === undefined) return undefined;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || major === OLDEST[0] && minor >= OLDEST[1]) return undefined;
  return `${server} is version ${version}: use ${OLDEST.join(".")} or later`;
}

function aboutFlushes(
  { appendonly, appendfsync }: ServerSettings,
  durability: Config["durability"],
  server: string,
): string | undefined {
  if (appendonly === "no") {
    return `${server} forgets what it has acknowledged when it stops (appendonly no): ` +
      "set appendonly yes";
  }
  if (durability !== "full" || appendfsync === undefined || appendfsync === "always") {
    return undefined;
  }
  const when = appendfsync === "everysec" ? "once a second" : "when its system likes";
  return `${server} writes to its disk only ${when} (appendfsync ${appendfsync}), so a power cut ` +
    "loses what it has acknowledged last: set appendfsync always, or DURABILITY=relaxed here";
}

function aboutEviction({ maxmemory_policy: policy }: ServerSettings, server: string) {
  if (policy === undefined || policy === "noeviction") return undefined;
  return `${server} throws keys away when its memory is full (maxmemory-policy ${policy}), and ` +
    "tasks with them: set maxmemory-policy noeviction";
}

/** Which settings are not known, in a sentence: that is no fault by itself. */
export function untold(settings: ServerSettings, place: string): string | undefined {
  const { software, appendonly, appendfsync, maxmemory_policy } = settings;
  const wanted = Object.entries({
    "appendonly yes": appendonly,
    "appendfsync always": appendonly === "no" ? "" : appendfsync,
    "maxmemory-policy noeviction": maxmemory_policy,
  });
  const unknown = wanted.filter(([, value]) => value === undefined).map(([name]) => name);
  if (unknown.length === 0) return undefined;
  return `${software} at ${place} does not tell this user all of its settings: see to it that it has ` +
    unknown.join(", ");
}
