/** Another program's keys under our names, found before anything is done with them. */
import { ConfigError } from "../config_error.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisConnection } from "./redis_connection.ts";

/** What the keys that every program uses are, as TYPE answers. */
const TYPES: Readonly<Record<string, string>> = {
  active: "list",
  completed: "zset",
  delayed: "zset",
  events: "stream",
  failed: "zset",
  id: "string",
  marker: "zset",
  meta: "hash",
  pc: "string",
  prioritized: "zset",
  stalled: "set",
  wait: "list",
};

/**
 * Looks whether the keys are ours, or not there yet.
 *
 * @throws {ConfigError} names the first that is something else
 */
export async function assertOwnKeys(connection: RedisConnection, keys: RedisKeys): Promise<void> {
  const expected = [
    ...Object.entries(TYPES).map(([name, type]) => [keys.state(name), type] as const),
    [keys.services, "zset"] as const,
    [keys.moving, "string"] as const,
    [keys.mover, "string"] as const,
    [keys.in_transit, "hash"] as const,
  ];
  await Promise.all(expected.map(async ([key, type]) => {
    const found = await connection.ask((client) => client.type(key));
    if (found === type || found === "none") return;
    throw new ConfigError(
      `${connection.target.source}: "${key}" on Redis at ${connection.place} belongs to another program (it is a ` +
        `${found}, expected a ${type}); remove it, or name another prefix: ?prefix=name`,
    );
  }));
}
