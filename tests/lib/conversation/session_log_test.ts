import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  ConversationBusy,
  newestConversation,
  SessionLog,
} from "../../../lib/conversation/session_log.ts";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import { DurabilityLost, Flusher } from "../../../lib/disk/flusher.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";

async function withDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const disk = new DenoDisk();
const flusher = new Flusher(disk, "relaxed");
const open = (dir: string, conversation_id = "c1", pid = 42) =>
  SessionLog.open({ disk, flusher, dir, conversation_id, pid, now: () => 0 });

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

Deno.test("SessionLog reads no more than the end of a very long file, and writes on behind it", async () => {
  await withDir(async (dir) => {
    const path = join(dir, "c1.jsonl");
    const line = (content: string) => JSON.stringify({ at: "x", role: "user", content }) + "\n";
    // A file of 5 GB, but for its last lines a hole: nobody could read that.
    await Deno.writeTextFile(path, line("first"));
    await Deno.truncate(path, 5 * 1024 ** 3);
    const said = Array.from({ length: 100 }, (_, i) => `${i} ${"said ".repeat(20_000)}`);
    await Deno.writeTextFile(path, "\n" + said.map(line).join(""), { append: true });
    const log = await open(dir);
    const words = log.entries.flatMap((e) => e.role === "user" ? [e.content] : []);
    assertEquals(log.skipped, 0);
    assertEquals(words, said.slice(-words.length));
    assertEquals([words.length > 70, words.length < 100], [true, true]);
    await assertRejects(() => open(dir), ConversationBusy, "is open in process 42");
    await log.append({ role: "user", content: "next" });
    await log.close();
    const again = await open(dir);
    const last = again.entries.findLast(({ role }) => role === "user");
    assertEquals(last?.role === "user" ? last.content : "", "next");
    await again.close();
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

Deno.test("SessionLog flushes each message, and none where durability is relaxed", async () => {
  await withDir(async (dir) => {
    for (const durability of ["full", "relaxed"] as const) {
      const flushed: string[] = [];
      const hooked = new HookedDisk(({ name }) => {
        if (/flush/i.test(name)) flushed.push(name);
      });
      const log = await SessionLog.open({
        disk: hooked,
        flusher: new Flusher(hooked, durability),
        dir,
        conversation_id: durability,
        pid: 1,
        now: () => 0,
      });
      await log.append({ role: "user", content: "hi" });
      await log.close();
      const expected = durability === "full" ? ["file.flush", "flushDirectory", "file.flush"] : [];
      assertEquals(flushed, expected);
    }
  });
});

Deno.test("SessionLog believes no flush after one that failed", async () => {
  await withDir(async (dir) => {
    let fail = false;
    const hooked = new HookedDisk(({ name }) => {
      if (name === "file.flush" && fail) throw new Error("I/O error");
    });
    const log = await SessionLog.open({
      disk: hooked,
      flusher: new Flusher(hooked, "full"),
      dir,
      conversation_id: "c1",
      pid: 1,
      now: () => 0,
    });
    fail = true;
    await assertRejects(() => log.append({ role: "user", content: "a" }), DurabilityLost);
    fail = false;
    await assertRejects(() => log.append({ role: "user", content: "b" }), DurabilityLost);
    await log.close();
  });
});

Deno.test("SessionLog adds nothing behind half a line, and keeps no message that is not written", async () => {
  await withDir(async (dir) => {
    const path = join(dir, "c1.jsonl");
    let fail = false;
    const hooked = new HookedDisk(async ({ name }) => {
      if (name !== "file.write" || !fail) return;
      fail = false;
      await Deno.writeTextFile(path, '{"at":"x","ro', { append: true });
      throw new Error("no space left");
    });
    const options = { disk: hooked, flusher, dir, conversation_id: "c1", pid: 1, now: () => 0 };
    const log = await SessionLog.open(options);
    fail = true;
    await assertRejects(() => log.append({ role: "user", content: "a" }), Error, "no space left");
    await assertRejects(
      () => log.append({ role: "user", content: "b" }),
      Error,
      "Cannot add to the conversation's log: it broke off at an earlier line; start the program again",
    );
    assertEquals(log.entries.map(({ role }) => role), ["session"]);
    await log.close();
    const again = await SessionLog.open(options);
    await again.append({ role: "user", content: "c" });
    await again.close();
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assertEquals([lines.length, lines[1], JSON.parse(lines[3]!).content], [
      4,
      '{"at":"x","ro',
      "c",
    ]);
  });
});
