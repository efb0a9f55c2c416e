import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { HistoryFile } from "../../../../lib/cli/editor/history_file.ts";
import { DenoDisk } from "../../../../lib/disk/deno_disk.ts";
import { TempDir } from "../../../support/storage_fixture.ts";

const pause = () => Promise.resolve();

async function withFile(test: (file: HistoryFile, path: string) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make();
  const path = join(dir.path, "history.jsonl");
  await test(new HistoryFile({ disk: new DenoDisk(), path, pause }), path);
}

Deno.test("what was typed is there for the next chat, several lines too, in a file of one's own", async () => {
  await withFile(async (file, path) => {
    assertEquals(await file.load(), []);
    for (const text of ["one", "two\nlines", " kept out", "", "日本 👩‍👩‍👧"]) file.add(text);
    await file.idle();
    const next = new HistoryFile({ disk: new DenoDisk(), path, pause });
    assertEquals(await next.load(), ["one", "two\nlines", "日本 👩‍👩‍👧"]);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  });
});

Deno.test("several chats add to one file and lose nothing", async () => {
  await withFile(async (_, path) => {
    const chats = Array.from(
      { length: 5 },
      () => new HistoryFile({ disk: new DenoDisk(), path, pause }),
    );
    for (let i = 0; i < 20; i++) chats.forEach((chat, number) => chat.add(`${number}: ${i}`));
    await Promise.all(chats.map((chat) => chat.idle()));
    const lines = await chats[0]!.load();
    assertEquals(lines.length, 100);
    const own = lines.filter((line) => line.startsWith("3: "));
    assertEquals(own, Array.from({ length: 20 }, (_, i) => `3: ${i}`));
  });
});

Deno.test("a file that has grown long is shortened at its beginning, and damage costs one line", async () => {
  await withFile(async (file, path) => {
    const line = JSON.stringify("x".repeat(1_000));
    await Deno.writeTextFile(path, `${line}\n`.repeat(600) + 'torn"\n"last"\n');
    const entries = await file.load();
    assertEquals(entries.at(-1), "last");
    assert(entries.length < 300);
    assert((await Deno.stat(path)).size < 300_000);
    assertEquals((await file.load()).length, entries.length);
  });
});

Deno.test("of a file of many gigabytes the end is read, and kept", async () => {
  await withFile(async (file, path) => {
    await Deno.writeTextFile(path, '"first"\n');
    await Deno.truncate(path, 5 * 1024 ** 3);
    await Deno.writeTextFile(path, '\n"one"\n"two"\n', { append: true });
    assertEquals(await file.load(), ["one", "two"]);
    assert((await Deno.stat(path)).size <= 256 * 1024 + 1);
    file.add("three");
    await file.idle();
    assertEquals(await file.load(), ["one", "two", "three"]);
  });
});

Deno.test("where there is a link or a directory in its place a chat goes on without", async () => {
  await withFile(async (file, path) => {
    await Deno.symlink("/etc/hostname", path);
    assertEquals(await file.load(), []);
    file.add("secret");
    await file.idle();
    assert(!(await Deno.readTextFile("/etc/hostname")).includes("secret"));
  });
});

Deno.test("who does not get the lock leaves the line out", async () => {
  await withFile(async (file, path) => {
    file.add("one");
    await file.idle();
    const other = new DenoDisk().open(path, "read")!;
    other.tryLock("exclusive");
    file.add("two");
    await file.idle();
    other.close();
    assertEquals(await file.load(), ["one"]);
  });
});

Deno.test("a file is shortened only once it is longer than it may be, whatever its letters take", async () => {
  await withFile(async (file, path) => {
    const line = JSON.stringify("日".repeat(1_000));
    await Deno.writeTextFile(path, `${line}\n`.repeat(200));
    const entries = await file.load();
    const { size } = await Deno.stat(path);
    assert(size <= 256 * 1024 && size > 250 * 1024, String(size));
    assert(entries.every((entry) => entry === "日".repeat(1_000)));
    assertEquals(await file.load(), entries);
    assertEquals((await Deno.stat(path)).size, size);
  });
});
