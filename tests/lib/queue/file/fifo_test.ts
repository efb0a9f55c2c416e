import { assert, assertEquals } from "@std/assert";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";

Deno.test({
  name: "a FIFO in pending/ is left alone and keeps nothing from going on or from closing",
  // The FIFO is held open for a second after the watch: nothing tells when a watcher's thread ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using dir = await TempDir.make();
    const storage = await openTestStorage(dir.path);
    const pending = storage.layout.state("pending");
    const stop = new AbortController();
    const first = storage.queue.claim(stop.signal);
    await storage.queue.outstanding();
    const made = await new Deno.Command("mkfifo", { args: [`${pending}/x.json`] }).output();
    assert(made.success, "mkfifo failed");
    Deno.writeTextFileSync(`${pending}/good.json`, '{"conversation_id":"c1","prompt":"hi"}');
    const task = await first;
    assertEquals(task?.record.id, "good");
    task?.abandon();
    stop.abort();
    storage.close();
    assertEquals([...Deno.readDirSync(pending)].map(({ name }) => name), ["x.json"]);
  },
});
