import { assertEquals, assertRejects } from "@std/assert";
import type { Disk, DiskFile } from "../../../lib/disk/disk.ts";
import { DurabilityLost, Flusher } from "../../../lib/disk/flusher.ts";

/** A disk on which each flush of a directory ends when the test says so. */
class SlowDisk {
  readonly flushes: { path: string; end: () => void; fail: (error: Error) => void }[] = [];

  flushDirectory(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.flushes.push({ path, end: resolve, fail: reject });
    return promise;
  }
}

function open(durability: "full" | "relaxed" = "full") {
  const disk = new SlowDisk();
  return { disk, flusher: new Flusher(disk as unknown as Disk, durability) };
}

const settled = async (promise: Promise<unknown>) => {
  const none = Symbol();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return await Promise.race([promise.then(() => true), Promise.resolve(none)]) !== none;
};

Deno.test("a caller never joins the flush that is running, only the one after it", async () => {
  const { disk, flusher } = open();
  const first = flusher.directory("a");
  const second = flusher.directory("a");
  const third = flusher.directory("a");
  assertEquals(disk.flushes.length, 1);
  disk.flushes[0]?.end();
  await first;
  assertEquals(await settled(second), false);
  assertEquals(disk.flushes.length, 2);
  disk.flushes[1]?.end();
  await Promise.all([second, third]);
  assertEquals(disk.flushes.length, 2);
  // Nothing is under way any more: the next one begins at once.
  const fourth = flusher.directory("a");
  assertEquals(disk.flushes.length, 3);
  disk.flushes[2]?.end();
  await fourth;
});

Deno.test("flushes of different things run at the same time", async () => {
  const { disk, flusher } = open();
  const both = [flusher.directory("a"), flusher.directory("b")];
  assertEquals(disk.flushes.map(({ path }) => path), ["a", "b"]);
  for (const flush of disk.flushes) flush.end();
  await Promise.all(both);
});

Deno.test("after a failed flush nothing is flushed and believed any more", async () => {
  const { disk, flusher } = open();
  const first = flusher.directory("a");
  const waiting = flusher.directory("a");
  const other = flusher.directory("b");
  disk.flushes[0]?.fail(new Error("input/output error"));
  const lost = await assertRejects(() => first, DurabilityLost);
  assertEquals((lost.cause as Error).message, "input/output error");
  await assertRejects(() => waiting, DurabilityLost);
  assertEquals(disk.flushes.length, 2);
  disk.flushes[1]?.end();
  await other;
  assertEquals(await assertRejects(() => flusher.directory("c")), lost);
  const file = { flush: () => assertEquals(1, 2, "flushed") } as unknown as DiskFile;
  assertEquals(await assertRejects(() => flusher.file(file)), lost);
  assertEquals(flusher.failure, lost);
});

Deno.test("relaxed durability flushes nothing", async () => {
  const { disk, flusher } = open("relaxed");
  await flusher.directory("a");
  assertEquals([disk.flushes.length, flusher.failure], [0, undefined]);
});
