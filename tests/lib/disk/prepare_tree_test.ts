import { assert, assertEquals, assertRejects } from "@std/assert";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import type { FileInfo } from "../../../lib/disk/disk.ts";
import { Flusher } from "../../../lib/disk/flusher.ts";
import { Layout } from "../../../lib/disk/layout.ts";
import { prepareTree, StorageError } from "../../../lib/disk/prepare_tree.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { TempDir } from "../../support/storage_fixture.ts";

const prepare = (root: string, disk = new DenoDisk()) =>
  prepareTree(disk, new Layout(root), Date.now());

Deno.test("prepareTree() makes every directory for its owner alone, and again changes nothing", async () => {
  await using dir = await TempDir.make();
  const root = `${dir.path}/deep/persistent`;
  await prepare(root);
  await prepare(root);
  for (const path of new Layout(root).directories()) {
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o700, path);
  }
  assertEquals([...Deno.readDirSync(`${root}/tmp`)], []);
});

Deno.test("prepareTree() flushes the parent of every directory, of new ones above the root too", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const flushed: string[] = [];
  disk.hook = ({ name, path }) => {
    if (name === "flushDirectory") flushed.push(path.replace(dir.path, ""));
  };
  const layout = new Layout(`${dir.path}/new/persistent`);
  await prepareTree(disk, layout, Date.now(), new Flusher(disk, "full"));
  assertEquals(flushed.sort(), [
    "",
    "/new",
    "/new/persistent",
    "/new/persistent/control",
    "/new/persistent/tasks",
  ]);
});

Deno.test("prepareTree() refuses a file or a link in the tree's place in one sentence", async () => {
  await using dir = await TempDir.make();
  Deno.symlinkSync("/tmp", `${dir.path}/tmp`);
  const error = await assertRejects(() => prepare(dir.path), StorageError);
  assertEquals(
    error.message,
    `cannot use "${dir.path}": "${dir.path}/tmp" is no directory but a file or a link; move it ` +
      "away, or name another directory with --dir or PERSISTENT_DIR",
  );
  Deno.writeTextFileSync(`${dir.path}/file`, "");
  const file = await assertRejects(() => prepare(`${dir.path}/file`), StorageError);
  assert(file.message.startsWith(`cannot use "${dir.path}/file"`), file.message);
});

Deno.test("prepareTree() advises nobody to allow everything where Deno refuses a directory", async () => {
  await using dir = await TempDir.make();
  const root = `${dir.path}/persistent`;
  const disk = new HookedDisk();
  disk.hook = ({ name }) => {
    if (name !== "makeDirectory") return;
    throw new Deno.errors.NotCapable(
      `Requires all access to "${root}", run again with the --allow-all flag`,
    );
  };
  const error = await assertRejects(
    () => prepareTree(disk, new Layout(root), Date.now()),
    StorageError,
  );
  assertEquals(
    error.message,
    `cannot use "${root}" for tasks: this program is not allowed to write there; ` +
      "name another directory with --dir or PERSISTENT_DIR",
  );
});

Deno.test("prepareTree() refuses a tree on two file systems", async () => {
  await using dir = await TempDir.make();
  class TwoDevices extends DenoDisk {
    override stat(path: string): FileInfo | undefined {
      const info = super.stat(path);
      return info && path.endsWith("/failed") ? { ...info, dev: info.dev + 1 } : info;
    }
  }
  const error = await assertRejects(() => prepare(dir.path, new TwoDevices()), StorageError);
  assertEquals(
    error.message,
    `cannot use "${dir.path}": "${dir.path}/tasks/failed" lies on another file system than ` +
      `"${dir.path}/tmp"; everything in it must be on one`,
  );
});

Deno.test("prepareTree() sweeps what a crash left in tmp/ a day ago, and nothing younger", async () => {
  await using dir = await TempDir.make();
  await prepare(dir.path);
  for (const name of ["old", "young"]) Deno.writeTextFileSync(`${dir.path}/tmp/${name}`, "");
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  Deno.utimeSync(`${dir.path}/tmp/old`, yesterday, yesterday);
  await prepare(dir.path);
  assertEquals([...Deno.readDirSync(`${dir.path}/tmp`)].map(({ name }) => name), ["young"]);
});
