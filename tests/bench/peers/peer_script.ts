import { fromFileUrl } from "@std/path";

/** BullMQ packs its messages with native code where there is some for the machine. */
const RIGHTS = ["read", "env", "sys", "ffi", "net=127.0.0.1"];

/**
 * The command that runs a producer or a worker of a peer.
 *
 * @param rights more that Deno must allow it, as in "write=/directory"
 */
export function peerScript(
  url: URL,
  args: readonly string[],
  rights: readonly string[] = [],
): string[] {
  const allowed = [...RIGHTS, ...rights].map((right) => `--allow-${right}`);
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...allowed, fromFileUrl(url), ...args];
}
