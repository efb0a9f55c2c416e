/**
 * The floor under a pick-up: waits for a name to come into a directory of the floor, claims it, and
 * says when; nothing else. Ends with its standard input.
 */
import { preciseNow } from "./clock.ts";
import { floorClaim } from "./floor.ts";
import { say } from "./say.ts";

/** What it says. */
export type FloorMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "began"; readonly id: string; readonly at: number };

async function watch(root: string): Promise<void> {
  const watcher = Deno.watchFs(`${root}/pending`, { recursive: false });
  say<FloorMessage>({ kind: "ready" });
  void untilInputEnds().then(() => watcher.close());
  for await (const event of watcher) {
    // The link into it; its rename out of it is an event of another kind.
    if (event.kind !== "create") continue;
    for (const path of event.paths) {
      const id = path.slice(path.lastIndexOf("/") + 1);
      const file = floorClaim(root, id);
      const at = preciseNow();
      file.close();
      say<FloorMessage>({ kind: "began", id, at });
    }
  }
}

async function untilInputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

if (import.meta.main) await watch(JSON.parse(Deno.args[0]!));
