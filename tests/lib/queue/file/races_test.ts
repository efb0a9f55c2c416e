/** Interleavings of several processes, replayed one by one, and duplicates of an id. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DurabilityLost } from "../../../../lib/disk/flusher.ts";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { ClaimedTask } from "../../../../lib/queue/task_queue.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { eventually } from "../../../support/eventually.ts";
import { Gate } from "../../../support/gate.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../../support/storage_fixture.ts";

const REQUEST = { conversation_id: "c1", prompt: "Do it." };
const ERROR = { code: "model_unavailable", message: "no answer" } as const;
const FAILED: Ending = { kind: "failed", error: ERROR };
const BACK: Ending = { kind: "retry", retry_at: 0, error: ERROR, uses_attempt: true };

class Processes implements AsyncDisposable {
  readonly #storages: Storage[] = [];
  private constructor(private readonly dir: TempDir) {}

  static async make(): Promise<Processes> {
    return new Processes(await TempDir.make());
  }

  async open(options: StorageOptions = {}): Promise<Storage> {
    const storage = await openTestStorage(this.dir.path, options);
    this.#storages.push(storage);
    return storage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const storage of this.#storages) storage.close();
    await this.dir[Symbol.asyncDispose]();
  }
}

async function claim({ queue }: Storage): Promise<ClaimedTask> {
  const task = await queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "nothing was claimed");
  return task;
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
const text = (record: object) => JSON.stringify(record);

Deno.test("claim() takes the new file of a task that was put back, not the old one that it locked", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  const b = await processes.open({ service_id: "service-b" });
  await b.queue.enqueue({ ...REQUEST, id: "x" });
  const gate = new Gate();
  disk.hook = ({ name, path }) => {
    if (name === "file.tryLock" && path.endsWith("pending/x.json")) return gate.pass();
  };
  const claiming = claim(a);
  await gate.reached;
  const first = await claim(b);
  await first.start();
  await first.finish(BACK);
  gate.release();
  const second = await claiming;
  assertEquals(second.record.attempt, 2);
  // With the lock of the old file A would own a task that anybody may take over.
  assertEquals(await b.queue.orphans(), []);
  assertEquals(await second.finish(FAILED), "failed");
});

Deno.test("orphans() does not take a lock on a file that its owner has replaced for an orphan", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  const b = await processes.open({ service_id: "service-b" });
  await b.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(b);
  await task.start();
  // A opens running/x and is held before it locks; B ends the task, so that file is nobody's.
  const gate = new Gate();
  disk.hook = ({ name, path }) => {
    if (name === "file.tryLock" && path.endsWith("running/x.json")) return gate.pass();
  };
  const looking = a.queue.orphans();
  await gate.reached;
  assertEquals(await task.finish(FAILED), "failed");
  gate.release();
  assertEquals(await looking, []);
});

Deno.test("a new version of a record is locked before it has the task's name", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  const b = await processes.open();
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  let looks = 0;
  // At every call that A makes, another process looks whether it can take the task.
  disk.hook = async () => {
    looks++;
    assertEquals(await b.queue.orphans(), []);
  };
  await task.start();
  await task.finish(BACK);
  disk.hook = () => {};
  assert(looks > 10);
  assertEquals((await b.queue.get("x"))?.state, "pending");
});

for (const state of ["completed", "failed", "running"] as const) {
  Deno.test(`a second file of an id that is in ${state}/ is set aside and never run`, async () => {
    await using processes = await Processes.make();
    const a = await processes.open();
    await a.queue.enqueue({ ...REQUEST, id: "x" });
    const first = await claim(a);
    await first.start();
    if (state === "completed") {
      const usage = {
        input_tokens: 0,
        output_tokens: 0,
        model_calls: 0,
        tool_calls: 0,
        estimated: false,
      };
      await first.finish({ kind: "completed", result: "r", artifacts: [], usage });
    } else if (state === "failed") await first.finish(FAILED);
    const duplicate = text({ ...REQUEST, prompt: "Do something else." });
    Deno.writeTextFileSync(a.layout.task("pending", "x"), duplicate);
    const stop = new AbortController();
    const claiming = a.queue.claim(stop.signal);
    if (state === "running") {
      await a.queue.outstanding();
      assertEquals(names(a.layout.rejected), []);
      await first.finish(FAILED);
    }
    const [name] = await eventually("rejected/", () => {
      const rejected = names(a.layout.rejected);
      return rejected.length > 0 && rejected;
    });
    stop.abort();
    assertEquals(await claiming, undefined);
    assertEquals(Deno.readTextFileSync(`${a.layout.rejected}/${name}`), duplicate);
    assertEquals(names(a.layout.state("pending")), []);
    assertEquals((await a.queue.get("x"))?.record.prompt, "Do it.");
  });
}

for (const kind of ["file", "directory"] as const) {
  Deno.test(`a task that is put back sets aside a ${kind} of its name in pending/`, async () => {
    await using processes = await Processes.make();
    const a = await processes.open();
    await a.queue.enqueue({ ...REQUEST, id: "x" });
    const task = await claim(a);
    await task.start();
    const path = a.layout.task("pending", "x");
    if (kind === "file") Deno.writeTextFileSync(path, text({ ...REQUEST, prompt: "other" }));
    else Deno.mkdirSync(path);
    assertEquals(await task.finish({ kind: "interrupted" }), "pending");
    assertEquals(names(a.layout.rejected).length, 1);
    assertEquals((await a.queue.get("x"))?.record.prompt, "Do it.");
  });
}

Deno.test("one file under two names after a power cut is one task", async () => {
  await using processes = await Processes.make();
  const a = await processes.open();
  for (const id of ["x", "y", "z"]) await a.queue.enqueue({ ...REQUEST, id });
  const tasks = [await claim(a), await claim(a), await claim(a)];
  for (const task of tasks) await task.finish(FAILED);
  a.close();
  const b = await processes.open();
  const { layout } = b;
  // Of x: running → failed, of y: failed → pending, of z: pending → running.
  Deno.linkSync(layout.task("failed", "x"), layout.task("running", "x"));
  await b.queue.retry("y", { fresh: false });
  Deno.linkSync(layout.task("pending", "y"), layout.task("failed", "y"));
  await b.queue.retry("z", { fresh: false });
  Deno.linkSync(layout.task("pending", "z"), layout.task("running", "z"));
  assertEquals(
    await b.queue.orphans().then((orphans) => orphans.map((o) => o.abandon())).then(
      (all) => all.length,
    ),
    1,
  );
  const claimed = [await claim(b), await claim(b)];
  assertEquals(claimed.map(({ record }) => record.id).sort(), ["y", "z"]);
  for (const task of claimed) {
    await task.start();
    await task.finish(FAILED);
  }
  assertEquals(names(layout.state("pending")), []);
  assertEquals(names(layout.state("running")), []);
  assertEquals(names(layout.state("failed")), ["x.json", "y.json", "z.json"]);
});

Deno.test("a stale cancel request of another run is dropped", async () => {
  await using processes = await Processes.make();
  const a = await processes.open();
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const request = `${a.layout.cancel}/x`;
  Deno.writeTextFileSync(request, text({ incarnation: "somebody else's", run: 1 }));
  const task = await claim(a);
  await task.start();
  assertEquals(task.cancelled.aborted, false);
  assertEquals(names(a.layout.cancel), []);
  Deno.writeTextFileSync(request, "garbage");
  assertEquals(await task.finish(BACK), "pending");
  assertEquals(names(a.layout.cancel), []);
});

Deno.test("a cancel request that its writer did not live to follow ends the task at its next claim", async () => {
  await using processes = await Processes.make();
  const a = await processes.open();
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  await task.start();
  const { incarnation, run } = task.record;
  await task.finish({ kind: "interrupted" });
  Deno.writeTextFileSync(`${a.layout.cancel}/x`, text({ incarnation, run }));
  const stop = new AbortController();
  const claiming = a.queue.claim(stop.signal);
  const ended = await a.queue.ended("x", AbortSignal.timeout(20_000));
  stop.abort();
  assertEquals(await claiming, undefined);
  assertEquals(ended?.record.error?.code, "cancelled");
  await eventually("the request is gone", () => names(a.layout.cancel).length === 0);
});

Deno.test("cancel() moves on a task that was left on its way back to pending/", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  await task.start();
  const gate = new Gate();
  disk.hook = ({ name, path }) => {
    if (name === "rename" && path.endsWith("running/x.json")) return gate.pass();
  };
  void task.finish({ kind: "interrupted" });
  await gate.reached;
  a.close();
  disk.closeAll();
  const b = await processes.open();
  assertEquals((await b.queue.get("x"))?.state, "pending");
  const answer = await b.queue.cancel("x", AbortSignal.timeout(20_000));
  assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
});

Deno.test("orphans() goes past a file that cannot be read", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  for (const id of ["x", "y", "z"]) {
    await a.queue.enqueue({ ...REQUEST, id });
    (await claim(a)).abandon();
  }
  disk.hook = ({ name, path }) => {
    if (name === "open" && path.endsWith("running/y.json")) throw new Error("no access");
  };
  const orphans = await a.queue.orphans();
  assertEquals(orphans.map(({ record }) => record.id).sort(), ["x", "z"]);
  for (const orphan of orphans) orphan.abandon();
});

Deno.test("finish() that failed on a full disk can be tried again and moves the task once", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  await task.start();
  const failing = (where: (path: string) => boolean) => (call: { name: string; path: string }) => {
    if (call.name === "file.write" && where(call.path)) throw new Error("no space left on device");
  };
  disk.hook = failing(() => true);
  await assertRejects(() => task.finish(FAILED), Error, "no space");
  disk.hook = failing((path) => path.includes("x-failed"));
  await assertRejects(() => task.finish(FAILED), Error, "no space");
  // But for the files that were replaced, which are written again or removed later.
  assertEquals(names(a.layout.tmp).filter((name) => !name.startsWith("spare.")), []);
  disk.hook = ({ name, path }) => {
    if (name === "unlink" && path.includes("cancel")) throw new Error("no access");
  };
  assertEquals(await task.finish(FAILED), "failed");
  assertEquals(names(a.layout.state("running")), []);
  assertEquals((await a.notifications.unread("c1")).length, 1);
});

Deno.test("a new record that vanishes before it has its name does not replace the old", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  disk.hook = ({ name, path }) => {
    if (name === "rename" && path.includes("/tmp/")) Deno.removeSync(path);
  };
  await assertRejects(() => task.start(), Error, "vanished before it became");
  disk.hook = () => {};
  const b = await processes.open();
  assertEquals(await b.queue.orphans(), []);
  await task.finish(FAILED);
});

Deno.test("a failed flush stops the queue from accepting or acknowledging anything more", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk, durability: "full" });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  await task.start();
  disk.hook = ({ name }) => {
    if (name === "flushDirectory") throw new Error("input/output error");
  };
  const lost = await assertRejects(() => a.queue.enqueue({ ...REQUEST, id: "y" }), DurabilityLost);
  assertEquals(
    lost.message,
    "flushing to the disk failed (input/output error); nothing more is accepted until the " +
      "program is started again",
  );
  disk.hook = () => {};
  await assertRejects(() => a.queue.enqueue({ ...REQUEST, id: "z" }), DurabilityLost);
  await assertRejects(() => task.finish(FAILED), DurabilityLost);
  // It is still held: nobody else may believe that its owner is gone.
  const b = await processes.open();
  assertEquals(await b.queue.orphans(), []);
  assertEquals(names(a.layout.state("running")), ["x.json"]);
  task.abandon();
});

Deno.test("a flush that fails after a record got its name does not let go of its lock", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk, durability: "full" });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  disk.hook = ({ name }) => {
    if (name === "flushDirectory") throw new Error("input/output error");
  };
  await assertRejects(() => task.start(), DurabilityLost);
  const b = await processes.open();
  assertEquals(await b.queue.orphans(), []);
  task.abandon();
});

Deno.test("enqueue() flushes the bytes before the name and the name before it answers", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk, durability: "full" });
  const calls: string[] = [];
  disk.hook = ({ name, path }) => void calls.push(`${name} ${path.replace(a.layout.root, "")}`);
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const order = ["file.flush", "link", "flushDirectory /tasks/pending"].map((start) =>
    calls.findIndex((call) => call.startsWith(start))
  );
  assert(order.every((index) => index >= 0), calls.join("\n"));
  assertEquals([...order].sort((x, y) => x - y), order);
  assertEquals(order[2], calls.length - 1);
});

Deno.test("list() and get() show a file that cannot be read instead of failing", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  for (const id of ["x", "y"]) await a.queue.enqueue({ ...REQUEST, id });
  disk.hook = ({ name, path }) => {
    if (name === "open" && path.endsWith("/x.json")) throw new Error("no access");
  };
  const titles = (await a.queue.list({ limit: 9 })).map(({ record }) => record.title).sort();
  assertEquals(titles, ["(not readable: no access)", "Do it."]);
  assertEquals((await a.queue.get("x"))?.state, "pending");
});

Deno.test("ended() waits for the notification of an ending that is decided already", async () => {
  await using processes = await Processes.make();
  const disk = new HookedDisk();
  const a = await processes.open({ disk });
  const b = await processes.open({ service_id: "service-b" });
  await a.queue.enqueue({ ...REQUEST, id: "x" });
  const task = await claim(a);
  await task.start();
  const gate = new Gate();
  disk.hook = ({ name, path }) => {
    if (name === "rename" && path.includes("/tmp/x-failed")) return gate.pass();
  };
  const finishing = task.finish(FAILED);
  await gate.reached;
  let hasEnded = false;
  const ended = b.queue.ended("x", AbortSignal.timeout(20_000)).finally(() => hasEnded = true);
  for (let look = 0; look < 3; look++) {
    assertEquals((await b.queue.get("x"))?.state, "failed");
    assertEquals(hasEnded, false);
  }
  gate.release();
  await finishing;
  assertEquals((await ended)?.state, "failed");
  assertEquals((await b.notifications.unread("c1")).map(({ id }) => id), ["x-failed"]);
});
