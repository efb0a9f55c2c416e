/** What is said of the directory and its disk. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkFileSystem,
  checkSpace,
  type FileSystemFacts,
} from "../../../../lib/upkeep/files/disk_checks.ts";
import { checkLeftFiles } from "../../../../lib/upkeep/files/left_files.ts";
import { checkPermissions } from "../../../../lib/upkeep/files/permissions.ts";
import type { Finding } from "../../../../lib/upkeep/finding.ts";
import { withStorage } from "../../../support/temp_storage.ts";

const said = (findings: readonly Finding[]) =>
  findings.map(({ level, message }) => `${level}: ${message}`);

Deno.test("a directory that others can look into is told with the command that mends it", async () => {
  await withStorage((storage, dir) => {
    const { layout } = storage;
    assertEquals(said(checkPermissions(layout, Deno.uid() ?? undefined)), [
      "ok: Only you can look into what the directory holds",
    ]);
    Deno.chmodSync(layout.tmp, 0o755);
    assertEquals(checkPermissions(layout, Deno.uid()!)[0]!.level, "ok");
    Deno.chmodSync(dir, 0o750);
    assertEquals(said(checkPermissions(layout, Deno.uid()!)), [
      `look: Others can look into "${dir}" (mode 0750), and below it into tmp: ` +
      `chmod -R go-rwx "${dir}"`,
    ]);
    Deno.chmodSync(layout.tmp, 0o700);
    assertEquals(checkPermissions(layout, Deno.uid()!)[0]!.level, "ok");
    Deno.chmodSync(dir, 0o730);
    assertEquals(said(checkPermissions(layout, Deno.uid()!)), [
      `look: Others can write into "${dir}" (mode 0730): chmod -R go-rwx "${dir}"`,
    ]);
    const foreign = checkPermissions(layout, 12345)[0]!;
    assertEquals(foreign.level, "bad");
    assertStringIncludes(
      foreign.message,
      `"${dir}" belongs to another user (uid ${Deno.uid()}, this is 12345)`,
    );
    return Promise.resolve();
  });
});

const WELL = { failures: [], watched: true, flush_ms: 1.25 };
const LOCAL = { free: 50e9, size: 100e9, free_inodes: 1_000_000, inodes: 2_000_000 };

function fileSystem(facts: Partial<FileSystemFacts>): string[] {
  const usual = { root: "/p", probe: WELL, space: LOCAL, durability: "full" } as const;
  return said(checkFileSystem({ ...usual, ...facts }));
}

Deno.test("a file system that fails the probe, is not watched or is slow is told", () => {
  assertEquals(fileSystem({}), [
    "ok: The file system locks, links, renames and is watched as it should; a flush takes 1.3 ms",
  ]);
  const probe = { failures: ["gives no locks"], watched: false, flush_ms: 250 };
  assertEquals(fileSystem({ probe }), [
    'bad: The file system of "/p" gives no locks: use a local disk with room, named with PERSISTENT_DIR',
    "look: A rename in a watched directory is not noticed, so tasks start seconds late: raise " +
    "fs.inotify.max_user_watches and max_user_instances, or use a local disk",
    "look: A flush takes 250 ms, and each step of a task waits for one: use a faster disk, or " +
    "DURABILITY=relaxed if a power cut may cost the last steps",
  ]);
  assertEquals(
    fileSystem({ probe: { ...WELL, flush_ms: 250 }, durability: "relaxed" })[0]?.slice(0, 3),
    "ok:",
  );
});

Deno.test("a network's, memory's and container's file system are told by their names", () => {
  const on = (kind: "network" | "memory" | "container", name: string) =>
    fileSystem({ space: { ...LOCAL, kind, name } })[0];
  assertEquals(
    on("network", "NFS"),
    'bad: "/p" lies on NFS, where locks and watches cannot be relied on: name a directory on a ' +
      "local disk with PERSISTENT_DIR",
  );
  assertEquals(
    on("memory", "tmpfs"),
    'look: "/p" lies in memory (tmpfs) and is gone after a restart: name a directory on a disk ' +
      "with PERSISTENT_DIR, or say DURABILITY=relaxed",
  );
  assertEquals(
    on("container", "overlayfs"),
    'ok: "/p" lies in a container\'s own layer (overlayfs) and goes with the container where no ' +
      "volume is mounted",
  );
});

Deno.test("room is told in bytes and files, and where there is little what to do", () => {
  assertEquals(said(checkSpace(LOCAL)), ["ok: There is room for 50 GB of 100 GB, 1,000,000 files"]);
  assertEquals(said(checkSpace({ ...LOCAL, free: 1e6, free_inodes: 7 })), [
    "bad: The disk is nearly full (1.0 MB of 100 GB free): make room, or see tasks prune --help",
    "look: The disk can hold only 7 more files: remove some, or see tasks prune --help",
  ]);
  assertEquals(said(checkSpace(undefined)), [
    "ok: How much room there is cannot be seen without --allow-sys=statfs",
  ]);
});

Deno.test("old things in tmp/ and duplicates are told", async () => {
  await withStorage(async (storage) => {
    const { layout } = storage;
    assertEquals(said(await checkLeftFiles(storage, Date.now())), [
      "ok: Nothing lies about in pending/, rejected/ or tmp/",
    ]);
    await Deno.mkdir(`${layout.tmp}/left`);
    await Deno.writeTextFile(`${layout.rejected}/t1.abc.json`, "{}");
    assertEquals(said(await checkLeftFiles(storage, Date.now() + 90_000_000)), [
      `look: Duplicates of ids that existed lie in ${layout.rejected} (1); look at them and remove them`,
      `look: Things older than a day lie in ${layout.tmp} (1); nobody needs them: remove them`,
    ]);
  });
});

Deno.test("a move of tasks is told, as long as it is not done", async () => {
  await withStorage(async (storage) => {
    const { layout } = storage;
    const mark = {
      version: 1,
      token: "t",
      from: layout.root,
      to: "redis://h:6379",
      started_at: "",
    };
    Deno.writeTextFileSync(layout.moving, JSON.stringify(mark));
    const told = async () => said(await checkLeftFiles(storage, Date.now()));
    const [cutShort, ...others] = await told();
    assertEquals(others, []);
    assertStringIncludes(
      cutShort!,
      `bad: Cannot start a service on "${layout.root}": a move of its`,
    );
    assertStringIncludes(
      cutShort!,
      `tasks move --from ${layout.root} --to redis://h:6379, or, to give`,
    );
    using mover = Deno.openSync(layout.moving);
    mover.lockSync(true);
    const [underWay] = await told();
    assertStringIncludes(underWay!, "look: Cannot start a service");
    assertStringIncludes(underWay!, "just now; wait until that is done");
  });
});
