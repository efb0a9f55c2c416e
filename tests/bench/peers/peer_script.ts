import { fromFileUrl } from "@std/path";

/** The command that runs a producer or a worker of a peer, with no more rights than it needs. */
export function peerScript(url: URL, ...args: readonly string[]): string[] {
  // BullMQ's packing of messages is native code where there is some for the machine.
  const rights = ["read", "env", "sys", "ffi", "net=127.0.0.1"].map((right) => `--allow-${right}`);
  return [Deno.execPath(), "run", "--quiet", "--no-prompt", ...rights, fromFileUrl(url), ...args];
}
