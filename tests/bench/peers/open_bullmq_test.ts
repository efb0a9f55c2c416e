import { assertEquals } from "@std/assert";
import { TempDir } from "../../support/storage_fixture.ts";
import { checkShortForm } from "./check_short_form.ts";
import { openBullmq } from "./open_bullmq.ts";
import { isInstalled } from "./is_installed.ts";

const ignore = !await isInstalled("redis-server", "--version");
const reason = ignore ? " (needs redis-server)" : "";

for (const appendfsync of ["everysec", "always"] as const) {
  Deno.test({
    name: `openBullmq() does the bench's work with appendfsync ${appendfsync}${reason}`,
    ignore,
    fn: async () => {
      await using dir = await TempDir.make();
      await using running = new AsyncDisposableStack();
      const peer = openBullmq(dir.path, running, appendfsync);
      assertEquals(peer.durability, appendfsync === "always" ? "full" : "relaxed");
      await checkShortForm(peer);
    },
  });
}
