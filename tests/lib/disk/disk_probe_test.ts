import { assert, assertEquals } from "@std/assert";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import type { Disk, DiskFile } from "../../../lib/disk/disk.ts";
import { type DiskProbe, probeDisk } from "../../../lib/disk/disk_probe.ts";
import { Layout } from "../../../lib/disk/layout.ts";
import { prepareTree } from "../../../lib/disk/prepare_tree.ts";
import { TempDir } from "../../support/storage_fixture.ts";

/** Probes a fresh tree, and sees to it that nothing is left of that. */
async function probe(disk: Disk, patience_ms?: number): Promise<DiskProbe> {
  await using dir = await TempDir.make();
  const layout = new Layout(dir.path);
  await prepareTree(new DenoDisk(), layout, Date.now());
  const found = await probeDisk(disk, layout, patience_ms);
  assertEquals([...Deno.readDirSync(layout.tmp)], []);
  return found;
}

Deno.test("a local disk does what the engine rests on, and says whose files are made and when", async () => {
  const { failures, watched, flush_ms, written, uid } = await probe(new DenoDisk());
  assertEquals([failures, watched], [[], true]);
  assert(flush_ms !== undefined && written !== undefined);
  assertEquals(uid, Deno.uid());
});

function lying(disk: DenoDisk, lie: (file: DiskFile) => Partial<DiskFile>): void {
  const wrap = (file: DiskFile | undefined) => file && Object.assign(file, lie(file));
  const { create, open } = disk;
  disk.create = (path) => wrap(create.call(disk, path) as DiskFile) as never;
  disk.open = (path, mode) => wrap(open.call(disk, path, mode) as DiskFile) as never;
}

const BROKEN: [what: string, breakIt: (disk: DenoDisk) => void, failures: string[]][] = [
  [
    "gives one lock to two",
    (disk) => lying(disk, () => ({ tryLock: () => true })),
    ["gives one lock to two"],
  ],
  ["gives no locks", (disk) => lying(disk, () => ({ tryLock: () => false })), ["gives no locks"]],
  [
    "links over a name",
    (disk) => disk.link = (from, to) => (Deno.copyFileSync(from, to), true),
    ["links over a name that is there"],
  ],
  [
    "has no links and cannot rename",
    (disk) => Object.assign(disk, { link: () => false, rename: () => false }),
    ["makes no hard links", "does not rename"],
  ],
  [
    "is full",
    (disk) => {
      const full = () => Promise.reject(new Error("No space left on device (os error 28)"));
      lying(disk, () => ({ write: full }));
    },
    ["takes no more data (No space left on device (os error 28))"],
  ],
  [
    "cannot flush",
    (disk) => lying(disk, () => ({ flush: () => Promise.reject(new Error("I/O error")) })),
    ["cannot flush (I/O error)"],
  ],
];
for (const [what, breakIt, failures] of BROKEN) {
  Deno.test(`the probe notices a disk that ${what}`, async () => {
    const disk = new DenoDisk();
    breakIt(disk);
    assertEquals((await probe(disk, 1)).failures, failures);
  });
}

Deno.test("the probe notices that no event comes", async () => {
  const disk = new DenoDisk();
  disk.watch = () => ({ close: () => {} });
  const { failures, watched } = await probe(disk, 1);
  assertEquals([failures, watched], [[], false]);
});
