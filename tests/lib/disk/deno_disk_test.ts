import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import { NotARegularFile, type WatchEvent } from "../../../lib/disk/disk.ts";
import { eventually } from "../../support/eventually.ts";
import { TempDir } from "../../support/storage_fixture.ts";

const disk = new DenoDisk();
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("create() makes a private file and refuses a name that exists", async () => {
  await using dir = await TempDir.make();
  const file = disk.create(`${dir.path}/x`);
  file?.write(bytes("one"));
  file?.close();
  file?.close();
  assertEquals(disk.create(`${dir.path}/x`), undefined);
  assertEquals(Deno.readTextFileSync(`${dir.path}/x`), "one");
  assertEquals((Deno.statSync(`${dir.path}/x`).mode ?? 0) & 0o777, 0o600);
});

Deno.test("open() refuses a FIFO, a link and a directory without opening them", async () => {
  await using dir = await TempDir.make();
  const made = await new Deno.Command("mkfifo", { args: [`${dir.path}/fifo`] }).output();
  assert(made.success, "mkfifo failed");
  Deno.symlinkSync("/etc/hostname", `${dir.path}/link`);
  Deno.symlinkSync("/nowhere", `${dir.path}/dangling`);
  Deno.mkdirSync(`${dir.path}/directory`);
  // The FIFO last: whoever opens it waits for ever.
  for (const name of ["link", "dangling", "directory", "fifo"]) {
    assertThrows(() => disk.read(`${dir.path}/${name}`, 9), NotARegularFile);
    const error = assertThrows(() => disk.open(`${dir.path}/${name}`, "read"), NotARegularFile);
    assertEquals(error.message, `"${dir.path}/${name}" is not a regular file`);
  }
  assertEquals(disk.open(`${dir.path}/nothing`, "read"), undefined);
});

Deno.test("read() gives the whole file with its size, or as much of it as is asked for", async () => {
  await using dir = await TempDir.make();
  const path = `${dir.path}/x`;
  assertEquals(disk.read(path, 9), undefined);
  Deno.writeTextFileSync(path, "12345");
  const { bytes: whole, info } = disk.read(path, 5) ?? {};
  assertEquals([whole, info?.size, info?.ino], [bytes("12345"), 5, disk.stat(path)?.ino]);
  assertEquals(disk.read(path, 3)?.bytes, bytes("123"));
});

Deno.test("names() gives what list() names", async () => {
  await using dir = await TempDir.make();
  assertEquals(await disk.names(`${dir.path}/gone`), undefined);
  Deno.writeTextFileSync(`${dir.path}/x`, "1");
  Deno.mkdirSync(`${dir.path}/y`);
  assertEquals((await disk.names(dir.path))?.sort(), ["x", "y"]);
});

Deno.test("rename() says that the source is gone, and throws where the target's directory is", async () => {
  await using dir = await TempDir.make();
  assertEquals(disk.rename(`${dir.path}/x`, `${dir.path}/y`), false);
  Deno.writeTextFileSync(`${dir.path}/x`, "1");
  assertThrows(() => disk.rename(`${dir.path}/x`, `${dir.path}/gone/y`), Deno.errors.NotFound);
  assertEquals(disk.rename(`${dir.path}/x`, `${dir.path}/y`), true);
});

Deno.test("link() refuses an existing name, unlink() and list() say what is not there", async () => {
  await using dir = await TempDir.make();
  Deno.writeTextFileSync(`${dir.path}/x`, "1");
  Deno.writeTextFileSync(`${dir.path}/y`, "2");
  assertEquals(disk.link(`${dir.path}/x`, `${dir.path}/y`), false);
  assertEquals(Deno.readTextFileSync(`${dir.path}/y`), "2");
  assertEquals(disk.link(`${dir.path}/x`, `${dir.path}/z`), true);
  assertEquals(disk.unlink(`${dir.path}/z`), true);
  assertEquals(disk.unlink(`${dir.path}/z`), false);
  assertEquals(disk.list(`${dir.path}/gone`), undefined);
  assertEquals(disk.list(dir.path)?.map(({ name }) => name).sort(), ["x", "y"]);
  assertEquals(disk.removeDirectory(dir.path), false);
});

Deno.test("a lock belongs to the open file, follows it through a rename and ends with its close", async () => {
  await using dir = await TempDir.make();
  Deno.writeTextFileSync(`${dir.path}/x`, "1");
  const a = disk.open(`${dir.path}/x`, "read");
  assertEquals(a?.tryLock("exclusive"), true);
  disk.rename(`${dir.path}/x`, `${dir.path}/y`);
  const b = disk.open(`${dir.path}/y`, "read");
  assertEquals([b?.tryLock("exclusive"), b?.tryLock("shared")], [false, false]);
  a?.close();
  assertEquals(b?.tryLock("shared"), true);
  const c = disk.open(`${dir.path}/y`, "read");
  assertEquals([c?.tryLock("shared"), c?.tryLock("exclusive")], [true, false]);
  b?.close();
  c?.close();
});

Deno.test("append writes at the end, read begins at the start, truncate cuts", async () => {
  await using dir = await TempDir.make();
  Deno.writeTextFileSync(`${dir.path}/x`, "one\n");
  const file = disk.open(`${dir.path}/x`, "append");
  file?.write(bytes("two\n"));
  assertEquals(new TextDecoder().decode(await file?.read(99)), "one\ntwo\n");
  assertEquals(new TextDecoder().decode(await file?.read(3)), "one");
  file?.truncate(4);
  file?.write(bytes("three\n"));
  await file?.flush();
  file?.close();
  await disk.flushDirectory(dir.path);
  assertEquals(Deno.readTextFileSync(`${dir.path}/x`), "one\nthree\n");
});

Deno.test("stat() takes no time in the future for a file's last change", async () => {
  await using dir = await TempDir.make();
  Deno.writeTextFileSync(`${dir.path}/x`, "1");
  Deno.utimeSync(`${dir.path}/x`, new Date(), new Date("2999-01-01"));
  assert((disk.stat(`${dir.path}/x`)?.mtime ?? Infinity) < Date.now() + 2_000);
  Deno.utimeSync(`${dir.path}/x`, new Date(), new Date(1_000));
  assertEquals(disk.stat(`${dir.path}/x`)?.mtime, 1_000);
});

Deno.test("makeDirectory() says whether it was made, flushDirectory() fails where nothing is", async () => {
  await using dir = await TempDir.make();
  assertEquals(disk.makeDirectory(`${dir.path}/a/b`), true);
  assertEquals(disk.makeDirectory(`${dir.path}/a/b`), false);
  assertEquals((Deno.statSync(`${dir.path}/a/b`).mode ?? 0) & 0o777, 0o700);
  await assertRejects(() => disk.flushDirectory(`${dir.path}/gone`), Deno.errors.NotFound);
});

Deno.test("watch() renews itself when the directory is removed and made again", async () => {
  await using dir = await TempDir.make();
  const path = `${dir.path}/watched`;
  Deno.mkdirSync(path);
  const events: WatchEvent[] = [];
  const watch = disk.watch(path, (event) => void events.push(event));
  try {
    Deno.writeTextFileSync(`${path}/first`, "1");
    await eventually("the first name", () => events.some(({ names }) => names.includes("first")));
    Deno.removeSync(path, { recursive: true });
    Deno.mkdirSync(path);
    await eventually("word that events were lost", () => events.some(({ rescan }) => rescan));
    let written = 0;
    await eventually("a name in the new directory", () => {
      Deno.writeTextFileSync(`${path}/new-${written++}`, "1");
      return events.some(({ names }) => names.some((name) => name.startsWith("new-")));
    });
  } finally {
    watch.close();
  }
  const count = events.length;
  Deno.writeTextFileSync(`${path}/third`, "1");
  await new Deno.Command("true").output();
  assertEquals(events.length, count);
});
