import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../lib/open_storage.ts";
import { eventually } from "../../support/eventually.ts";
import { Gate } from "../../support/gate.ts";
import { HookedDisk } from "../../support/hooked_disk.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../support/storage_fixture.ts";

const AT_ONCE = { min_age_ms: 0, depth: 0 };
const NO_USAGE = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};

interface Scene extends AsyncDisposable {
  readonly storage: Storage;
  readonly root: string;
}

async function open(options: StorageOptions = {}): Promise<Scene> {
  const dir = await TempDir.make();
  const storage = await openTestStorage(dir.path, { spares: AT_ONCE, ...options });
  return {
    storage,
    root: dir.path,
    async [Symbol.asyncDispose]() {
      storage.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function add({ storage }: Scene, id: string): Promise<void> {
  await storage.queue.enqueue({ id, conversation_id: "c1", prompt: `Do ${id}.` });
}

async function claim({ storage }: Scene) {
  const task = await storage.queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "nothing was claimed");
  return task;
}

async function run(scene: Scene, id: string): Promise<void> {
  await add(scene, id);
  const task = await claim(scene);
  assertEquals(task.record.id, id);
  await complete(task, id);
}

async function complete(task: Awaited<ReturnType<typeof claim>>, id: string): Promise<void> {
  const result = `Done with ${id}.`;
  await task.finish({ kind: "completed", result, artifacts: [], usage: NO_USAGE });
}

const inode = (path: string) => Deno.lstatSync(path).ino;
const pending = ({ root }: Scene, id: string) => `${root}/tasks/pending/${id}.json`;
const running = ({ root }: Scene, id: string) => `${root}/tasks/running/${id}.json`;
const completed = ({ root }: Scene, id: string) => `${root}/tasks/completed/${id}.json`;
const spares = ({ root }: Scene) =>
  [...Deno.readDirSync(`${root}/tmp`)].map(({ name }) => `${root}/tmp/${name}`);

Deno.test("the file of a replaced record is written again, whole, as another one", async () => {
  await using scene = await open();
  const inodes = new Set<number | null>();
  for (const id of ["a", "b", "c", "d", "e", "f"]) {
    await add(scene, id);
    inodes.add(inode(pending(scene, id)));
  }
  for (const id of ["a", "b", "c", "d", "e", "f"]) await complete(await claim(scene), id);
  const kept = ["a", "b", "c", "d", "e", "f"].map((id) => inode(completed(scene, id)));
  assert(kept.some((ino) => inodes.has(ino)), "no file was written again");
  for (const id of ["a", "b", "c", "d", "e", "f"]) {
    assertEquals((await scene.storage.queue.get(id))?.record.result, `Done with ${id}.`);
    assertEquals((await scene.storage.queue.get(id))?.record.prompt, `Do ${id}.`);
  }
  assertEquals((await scene.storage.notifications.unread("c1")).length, 6);
});

Deno.test("a shorter record is written over a longer one without its rest", async () => {
  await using scene = await open();
  const prompt = "long ".repeat(2_000);
  await scene.storage.queue.enqueue({ id: "long", conversation_id: "c1", prompt });
  const old = inode(pending(scene, "long"));
  await add(scene, "short");
  await complete(await claim(scene), "long");
  await complete(await claim(scene), "short");
  const path = [completed(scene, "short"), `${scene.root}/notifications/c1/short-completed.json`]
    .find((path) => inode(path) === old);
  assert(path !== undefined, "the long file was not written again");
  JSON.parse(await Deno.readTextFile(path));
});

Deno.test("a replaced record is not written again before its name's change is flushed", async () => {
  const disk = new HookedDisk();
  await using scene = await open({ disk, durability: "full" });
  const tasks = new Map<string, Awaited<ReturnType<typeof claim>>>();
  for (const id of ["a", "b"]) {
    await add(scene, id);
    tasks.set(id, await claim(scene));
  }
  const [old, before] = ["a", "b"].map((id) => inode(running(scene, id)));
  const gate = new Gate();
  disk.hook = ({ name, path }) => {
    if (name === "flushDirectory" && path.endsWith("/running")) return gate.pass();
  };
  const ending = complete(tasks.get("a")!, "a");
  await gate.reached;
  // A power cut would bring the old name back: another record in it would be another task.
  const other = complete(tasks.get("b")!, "b");
  const after = await eventually("the other record's end", () => {
    const ino = inode(running(scene, "b"));
    return ino !== before && ino;
  });
  assert(after !== old);
  gate.release();
  await Promise.all([ending, other]);
});

Deno.test("a file that somebody gave another name is never written again", async () => {
  await using scene = await open();
  await add(scene, "a");
  const backup = `${scene.root}/backup`;
  await Deno.link(pending(scene, "a"), backup);
  const before = await Deno.readTextFile(backup);
  await complete(await claim(scene), "a");
  for (const id of ["b", "c", "d"]) await run(scene, id);
  assertEquals(await Deno.readTextFile(backup), before);
});

Deno.test("the bytes of an invalid file are never written over", async () => {
  await using scene = await open();
  const bytes = '{"conversation_id": "c1", "prompt": 7}';
  await Deno.writeTextFile(`${scene.root}/tmp/x`, bytes, { mode: 0o600 });
  await Deno.rename(`${scene.root}/tmp/x`, pending(scene, "bad"));
  for (const id of ["b", "c", "d"]) await run(scene, id);
  assertEquals((await scene.storage.queue.get("bad"))?.state, "failed");
  assertEquals(await Deno.readTextFile(`${scene.root}/tasks/failed/bad.original`), bytes);
});

Deno.test("a file that others may read does not become a record", async () => {
  await using scene = await open();
  const request = JSON.stringify({ conversation_id: "c1", prompt: "Do it." });
  await Deno.writeTextFile(`${scene.root}/tmp/x`, request, { mode: 0o644 });
  await Deno.chmod(`${scene.root}/tmp/x`, 0o644);
  await Deno.rename(`${scene.root}/tmp/x`, pending(scene, "open"));
  await complete(await claim(scene), "open");
  assertEquals(spares(scene), []);
});

Deno.test("a file that somebody has locked is let go of", async () => {
  await using scene = await open();
  await add(scene, "a");
  using stale = Deno.openSync(pending(scene, "a"));
  const task = await claim(scene);
  const { ino } = stale.statSync();
  await complete(task, "a");
  // Another process opened it by its old name, and gets its lock only now.
  assert(stale.tryLockSync(true));
  for (const id of ["b", "c"]) {
    await run(scene, id);
    assert(inode(completed(scene, id)) !== ino);
  }
  assertEquals(JSON.parse(new TextDecoder().decode(readAll(stale)))["id"], "a");
});

Deno.test("a file is not written again soon, nor the last ones at all", async () => {
  for (const rule of [{ min_age_ms: 3_600_000, depth: 0 }, { min_age_ms: 0, depth: 64 }]) {
    await using scene = await open({ spares: rule });
    for (const id of ["a", "b", "c"]) await run(scene, id);
    assertEquals(spares(scene).length, 3);
    scene.storage.close();
    assertEquals(spares(scene), []);
  }
});

Deno.test("a file that was swept away is missed by nobody", async () => {
  await using scene = await open();
  await run(scene, "a");
  for (const path of spares(scene)) await Deno.remove(path);
  await run(scene, "b");
  assertEquals((await scene.storage.queue.get("b"))?.state, "completed");
});

Deno.test("the file of a producer that may still write to it does not become a record", async () => {
  await using scene = await open();
  const path = `${scene.root}/tmp/x`;
  using file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  const encoder = new TextEncoder();
  file.writeSync(encoder.encode('{"conversation_id":"c1","prompt":"Do late.","priority":5}'));
  Deno.renameSync(path, pending(scene, "late"));
  await add(scene, "b");
  await add(scene, "c");
  for (let i = 0; i < 3; i++) {
    const task = await claim(scene);
    await complete(task, task.record.id);
  }
  file.writeSync(encoder.encode("late ".repeat(60)));
  for (const id of ["late", "b", "c"]) {
    assertEquals((await scene.storage.queue.get(id))?.record.result, `Done with ${id}.`);
  }
});

for (const durability of ["relaxed", "full"] as const) {
  const when = durability === "relaxed" ? "is emptied before" : "is cut after";
  Deno.test(`${durability}: a file ${when} it is written again`, async () => {
    const disk = new HookedDisk();
    await using scene = await open({ disk, durability });
    for (const id of ["a", "b"]) await add(scene, id);
    const first = await claim(scene);
    await complete(first, "a".repeat(400));
    const second = await claim(scene);
    const calls: string[] = [];
    disk.hook = ({ name, path }) => {
      if (path.includes("/tmp/spare.")) calls.push(name);
    };
    await complete(second, "b");
    disk.hook = () => {};
    const writes = calls.filter((name) => /write|truncate/.test(name));
    if (durability === "relaxed") assertEquals(writes, ["file.truncate", "file.write"]);
    else assertEquals(writes[0], "file.write");
  });
}

function readAll(file: Deno.FsFile): Uint8Array {
  const bytes = new Uint8Array(file.statSync().size);
  file.seekSync(0, Deno.SeekMode.Start);
  file.readSync(bytes);
  return bytes;
}
