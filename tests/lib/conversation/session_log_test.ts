import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  ConversationBusy,
  newestConversation,
  SessionLog,
} from "../../../lib/conversation/session_log.ts";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const disk = new DenoDisk();
const open = (dir: string, conversation_id = "c1", pid = 42) =>
  SessionLog.open({ disk, dir, conversation_id, pid, now: () => 0 });

Deno.test("SessionLog keeps messages over a restart, in a file only its owner may read", async () => {
  await withDir(async (dir) => {
    const first = await open(dir);
    await Promise.all([
      first.append({ role: "user", content: "hi" }),
      first.append({ role: "assistant", content: "hello\u2028there" }),
    ]);
    await first.close();
    const again = await open(dir);
    assertEquals(again.entries.slice(1, 3), [
      { at: "1970-01-01T00:00:00.000Z", role: "user", content: "hi" },
      { at: "1970-01-01T00:00:00.000Z", role: "assistant", content: "hello\u2028there" },
    ]);
    assertEquals(again.skipped, 0);
    await again.close();
    assertEquals((await Deno.stat(join(dir, "c1.jsonl"))).mode! & 0o777, 0o600);
  });
});

Deno.test("SessionLog skips torn and strange lines, counts them, and writes on behind them", async () => {
  await withDir(async (dir) => {
    const good = '{"at":"x","role":"user","content":"hi"}\n';
    const bad = 'not json\n{"role":"alien"}\n[]\n';
    await Deno.writeTextFile(join(dir, "c1.jsonl"), `${bad}${good}{"at":"x","role":"us`);
    const log = await open(dir);
    assertEquals([log.skipped, log.entries[0]?.role], [4, "user"]);
    await log.append({ role: "user", content: "next" });
    await log.close();
    const again = await open(dir);
    const words = again.entries.flatMap((e) => e.role === "user" ? [e.content] : []);
    assertEquals([again.skipped, words], [4, ["hi", "next"]]);
    await again.close();
  });
});

Deno.test("SessionLog.open() refuses a second one and names the first", async () => {
  await withDir(async (dir) => {
    const first = await open(dir, "c1", 4711);
    const error = await assertRejects(() => open(dir, "c1", 1), ConversationBusy);
    assertEquals(
      error.message,
      'Conversation "c1" is open in process 4711; close that chat first, ' +
        "or start without --conversation for a new one",
    );
    const other = await open(dir, "c2");
    await other.close();
    await first.close();
    await (await open(dir)).close();
  });
});

Deno.test("SessionLog.open() refuses what is no id and what is no regular file", async () => {
  await withDir(async (dir) => {
    await assertRejects(() => open(dir, "../c1"), RangeError);
    await Deno.mkdir(join(dir, "c1.jsonl"));
    await assertRejects(() => open(dir), Error, "it is no regular file");
  });
});

Deno.test("newestConversation() is the one used last, whatever else lies there", async () => {
  await withDir(async (dir) => {
    assertEquals(await newestConversation(disk, dir), undefined);
    for (const id of ["a", "b", "c"]) await (await open(dir, id)).close();
    await Deno.utime(join(dir, "b.jsonl"), 4e9, 4e9);
    await Deno.writeTextFile(join(dir, "notes.txt"), "");
    await Deno.utime(join(dir, "notes.txt"), 5e9, 5e9);
    assertEquals(await newestConversation(disk, dir), "b");
  });
});
