/** The storage of a service, which says at its start what is amiss there. */
import { getLogger } from "@logtape/logtape";
import type { Config } from "./config.ts";
import { literal } from "./literal.ts";
import { openStorage } from "./open_storage.ts";
import type { Storage } from "./storage.ts";
import { untilAborted } from "./redis/until_aborted.ts";
import type { Owner } from "./task/transitions.ts";
import { unless } from "./unless.ts";

const log = getLogger(["bts", "service"]);

/**
 * Opens it as {@linkcode openStorage} does; a server that is not there is waited for.
 *
 * @returns `undefined` once `stop` is aborted
 */
export async function openServiceStorage(
  config: Config,
  owner: Owner,
  stop: AbortSignal,
): Promise<Storage | undefined> {
  const storage = await unless(stop, openStorage(config, owner, { waits: stop }));
  if (storage === undefined) return undefined;
  const warnings = await untilAborted(storage.upkeep.warnings(), stop);
  if (warnings === undefined) {
    await storage.close();
    return undefined;
  }
  for (const warning of warnings) log.warning(literal(warning));
  return storage;
}
