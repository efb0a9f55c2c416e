import { fromFileUrl } from "@std/path";

/**
 * These programs have packages and a lock file of their own: Deno downloads all that a lock file
 * names whatever it runs, and who runs the project needs no other queue.
 */
const SCRIPTS = new URL("npm/", import.meta.url);

/** BullMQ packs its messages with native code where there is some for the machine. */
const RIGHTS = ["read", "env", "sys", "ffi", "net=127.0.0.1"];

/**
 * The command that runs a producer or a worker of a peer.
 *
 * @param rights more that Deno must allow it, as in "write=/directory"
 */
export function peerScript(
  name: string,
  args: readonly string[],
  rights: readonly string[] = [],
): string[] {
  const allowed = [...RIGHTS, ...rights].map((right) => `--allow-${right}`);
  const path = (of: string) => fromFileUrl(new URL(of, SCRIPTS));
  const options = ["--quiet", "--no-prompt", "--config", path("deno.json"), ...allowed];
  return [Deno.execPath(), "run", ...options, path(name), ...args];
}
