import { join } from "@std/path";
import { freePort } from "./free_port.ts";
import { GuardedServer } from "./guarded_server.ts";
import { isInstalled } from "./is_installed.ts";

/** When what was written is on the disk: within a second or two, or before it is answered. */
export type AppendFsync = "everysec" | "always";

/** A Redis of the bench's own. It ends with its scope, or with the bench. */
export interface BenchRedis extends AsyncDisposable {
  readonly url: string;
}

/** Whether it can be started here. */
export function hasRedis(): Promise<boolean> {
  return isInstalled("redis-server", "--version");
}

/**
 * Starts a Redis that only who knows its URL can use, and that appends each command to a file.
 *
 * @param directory of this server alone
 */
export async function startRedis(directory: string, appendfsync: AppendFsync): Promise<BenchRedis> {
  const [port, password] = [freePort(), crypto.randomUUID()];
  const settings = [
    `port ${port}`,
    "bind 127.0.0.1",
    `requirepass ${password}`,
    `dir ${directory}`,
    "appendonly yes",
    `appendfsync ${appendfsync}`,
    // No snapshots: they are no part of what is promised here, and would only slow it down.
    'save ""',
  ];
  // In a file, since arguments can be seen by every user of the machine.
  const file = join(directory, "redis.conf");
  await Deno.writeTextFile(file, settings.join("\n") + "\n", { mode: 0o600 });
  const ready = /Ready to accept connections/;
  const server = await GuardedServer.start(["redis-server", file], ready);
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
