import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { NotARegularFile } from "../../lib/disk/disk.ts";
import { type Fault, Faults } from "./faults.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { type Machine, SimulatedDisk } from "./simulated_disk.ts";
import { SimulatedFs } from "./simulated_fs.ts";
import { WatchedNames } from "./watched_names.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => new TextDecoder().decode(content);

/** A machine with some processes, whose calls are served for as long as a test waits. */
class TestMachine {
  readonly scheduler: Scheduler;
  readonly fs: SimulatedFs;
  readonly machine: Machine;

  constructor(seed: number, options: { faults?: Fault[]; loss?: number } = {}) {
    this.scheduler = new Scheduler(new Random(seed, 2), { stickiness: 0, call_ms: 0.1 });
    this.fs = new SimulatedFs(new Random(seed, 3), () => 0);
    this.machine = {
      scheduler: this.scheduler,
      fs: this.fs,
      faults: new Faults(options.faults ?? []),
      watched: new WatchedNames(this.scheduler, new Random(seed, 4), options.loss ?? 0),
      now: () => 0,
      onChange: () => {},
      NotARegularFile,
    };
    this.fs.makeDirectory("/p");
    this.fs.makeDirectory("/p/a");
    this.fs.makeDirectory("/p/b");
    this.fs.force(Infinity);
  }

  disk(name = "process") {
    return new SimulatedDisk(this.machine, { name, alive: true });
  }

  async serve<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const ended = work.finally(() => done = true);
    ended.catch(() => {});
    while (!done) {
      await this.scheduler.settle();
      if (!done && !this.scheduler.step()) break;
    }
    await this.drain();
    return await ended;
  }

  async drain(): Promise<void> {
    do await this.scheduler.settle(); while (this.scheduler.step());
  }
}

/** What is found after a power cut, over many seeds. */
async function afterPowerCut(
  act: (disk: SimulatedDisk) => Promise<void>,
  look: (fs: SimulatedFs) => string,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const test = new TestMachine(seed);
    await test.serve(act(test.disk()));
    test.fs.powerCut();
    found.add(look(test.fs));
  }
  return found;
}

const names = (fs: SimulatedFs) =>
  ["/p/a", "/p/b"].flatMap((path) => (fs.list(path) ?? []).map(({ name }) => `${path}/${name}`))
    .join(" ");

Deno.test("a power cut keeps a prefix of the name changes, never a later one without an earlier", async () => {
  const found = await afterPowerCut(async (disk) => {
    (await disk.create("/p/a/1"))?.close();
    (await disk.create("/p/a/2"))?.close();
    await disk.rename("/p/a/1", "/p/b/1");
  }, names);
  assertEquals([...found].sort(), ["", "/p/a/1", "/p/a/1 /p/a/2", "/p/a/2 /p/b/1"]);
});

Deno.test("flushDirectory() makes certain what was done in the directory before it was called", async () => {
  const found = await afterPowerCut(async (disk) => {
    (await disk.create("/p/a/1"))?.close();
    const flushed = disk.flushDirectory("/p/a");
    (await disk.create("/p/a/2"))?.close();
    await flushed;
  }, names);
  assertEquals([...found].sort(), ["/p/a/1", "/p/a/1 /p/a/2"]);
});

Deno.test("flushDirectory() of one directory promises nothing of a later change in another", async () => {
  const found = await afterPowerCut(async (disk) => {
    (await disk.create("/p/a/1"))?.close();
    (await disk.create("/p/b/2"))?.close();
    await disk.flushDirectory("/p/a");
  }, names);
  assertEquals([...found].sort(), ["/p/a/1", "/p/a/1 /p/b/2"]);
});

Deno.test("a rename is on the disk whole or not at all, whichever side was flushed", async () => {
  const found = await afterPowerCut(async (disk) => {
    (await disk.create("/p/a/1"))?.close();
    await disk.flushDirectory("/p/a");
    await disk.rename("/p/a/1", "/p/b/1");
    await disk.flushDirectory("/p/a");
  }, names);
  assertEquals([...found], ["/p/b/1"]);
});

const content = (fs: SimulatedFs) => text(fs.inode("/p/a/1")?.bytes);

Deno.test("a power cut leaves what was not flushed whole, empty or torn", async () => {
  const found = await afterPowerCut(async (disk) => {
    const file = await disk.create("/p/a/1");
    await file?.write(bytes("abc"));
    file?.close();
    await disk.flushDirectory("/p/a");
  }, content);
  assertEquals([...found].sort(), ["", "a", "ab", "abc"]);
});

Deno.test("flush() makes certain what was written before it was called, and no more", async () => {
  const found = await afterPowerCut(async (disk) => {
    const file = await disk.create("/p/a/1");
    await disk.flushDirectory("/p/a");
    await file?.write(bytes("ab"));
    const flushed = file?.flush();
    await file?.write(bytes("c"));
    await flushed;
  }, content);
  assertEquals([...found].sort(), ["ab", "abc"]);
});

Deno.test("after a failed flush a later one says yes and saves nothing", async () => {
  const faults: Fault[] = [{ kind: "fault", name: "flush", call: 0, code: "EIO" }];
  const found = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const test = new TestMachine(seed, { faults });
    const disk = test.disk();
    await test.serve((async () => {
      const file = await disk.create("/p/a/1");
      await disk.flushDirectory("/p/a");
      await file?.write(bytes("abc"));
      await assertRejects(async () => await file?.flush(), Error, "Input/output error");
      await file?.flush();
    })());
    test.fs.powerCut();
    found.add(content(test.fs));
  }
  assert(found.has(""));
});

Deno.test("a lock belongs to the open file, follows it through a rename, and ends with its process", async () => {
  const test = new TestMachine(1);
  const [one, two] = [test.disk("one"), test.disk("two")];
  await test.serve((async () => {
    const mine = await one.create("/p/a/1");
    assertEquals(await mine?.tryLock("exclusive"), true);
    await one.rename("/p/a/1", "/p/b/1");
    const theirs = await two.open("/p/b/1", "read");
    assertEquals(await theirs?.tryLock("exclusive"), false);
    assertEquals(await theirs?.tryLock("shared"), false);
    const again = await one.open("/p/b/1", "read");
    assertEquals(await again?.tryLock("exclusive"), false, "another open file, the same process");
    one.release();
    assertEquals(await theirs?.tryLock("exclusive"), true);
  })());
});

Deno.test("shared locks do not exclude each other, an exclusive one does not join them", async () => {
  const test = new TestMachine(1);
  const disk = test.disk();
  await test.serve((async () => {
    (await disk.create("/p/a/1"))?.close();
    const files = await Promise.all([1, 2, 3].map(() => disk.open("/p/a/1", "read")));
    assertEquals(await files[0]?.tryLock("shared"), true);
    assertEquals(await files[1]?.tryLock("shared"), true);
    assertEquals(await files[2]?.tryLock("exclusive"), false);
    files[0]?.close();
    files[1]?.close();
    assertEquals(await files[2]?.tryLock("exclusive"), true);
  })());
});

Deno.test("a dead process is never answered", async () => {
  const test = new TestMachine(1);
  const owner = { name: "dying", alive: true };
  const disk = new SimulatedDisk(test.machine, owner);
  let answered = false;
  void disk.create("/p/a/1").then(() => answered = true);
  owner.alive = false;
  await test.drain();
  assertEquals(answered, false);
  assertEquals(test.fs.inode("/p/a/1"), undefined);
});

Deno.test("an inode's number is used again once nothing holds the file", async () => {
  let again = 0;
  for (let seed = 0; seed < 20; seed++) {
    const test = new TestMachine(seed);
    const disk = test.disk();
    await test.serve((async () => {
      const old = await disk.create("/p/a/1");
      const ino = (await old?.stat())?.ino;
      await disk.unlink("/p/a/1");
      const held = await disk.create("/p/a/2");
      assertNotEquals((await held?.stat())?.ino, ino, "the old file is still open");
      old?.close();
      if ((await (await disk.create("/p/a/3"))?.stat())?.ino === ino) again++;
    })());
  }
  assert(again > 5);
});

Deno.test("link() refuses a name that exists, rename() replaces it, two names of one file stay", async () => {
  const test = new TestMachine(1);
  const disk = test.disk();
  await test.serve((async () => {
    (await disk.create("/p/a/1"))?.close();
    (await disk.create("/p/a/2"))?.close();
    assertEquals(await disk.link("/p/a/1", "/p/a/2"), false);
    assertEquals(await disk.link("/p/a/1", "/p/b/1"), true);
    assertEquals(await disk.rename("/p/a/1", "/p/b/1"), true);
    assertEquals(names(test.fs), "/p/a/1 /p/a/2 /p/b/1");
    assertEquals(await disk.rename("/p/a/2", "/p/b/1"), true);
    assertEquals(names(test.fs), "/p/a/1 /p/b/1");
    assertEquals(await disk.rename("/p/a/2", "/p/b/1"), false);
  })());
});

Deno.test("faults come as Deno's own errors, and a full disk takes a part of a write", async () => {
  const faults: Fault[] = [
    { kind: "fault", name: "open", call: 0, code: "EACCES" },
    { kind: "fault", name: "open", call: 1, code: "EMFILE" },
    { kind: "full", call: 4, until: 5 },
  ];
  const test = new TestMachine(1, { faults });
  const disk = test.disk();
  await test.serve((async () => {
    const file = await disk.create("/p/a/1");
    await assertRejects(() => disk.open("/p/a/1", "read"), Deno.errors.PermissionDenied);
    await assertRejects(() => disk.open("/p/a/1", "read"), Error, "Too many open files");
    await disk.stat("/p/a/1");
    await assertRejects(async () => await file?.write(bytes("abcde")), Error, "No space left");
    assertEquals(text(await (await disk.open("/p/a/1", "read"))?.read(100)), "ab");
  })());
});

Deno.test("events are lost, doubled and late, and none comes after close()", async () => {
  const counts = { lost: 0, doubled: 0, rescans: 0 };
  for (let seed = 0; seed < 300; seed++) {
    const test = new TestMachine(seed, { loss: 0.3 });
    const disk = test.disk();
    let events = 0;
    const watch = disk.watch("/p/a", ({ rescan }) => {
      events++;
      if (rescan) counts.rescans++;
    });
    await test.serve((async () => (await disk.create("/p/a/1"))?.close())());
    if (events === 0) counts.lost++;
    if (events === 2) counts.doubled++;
    watch.close();
    await test.serve((async () => (await disk.create("/p/a/2"))?.close())());
    assert(events <= 2);
  }
  assert(counts.lost > 50 && counts.doubled > 10 && counts.rescans > 5, JSON.stringify(counts));
});
