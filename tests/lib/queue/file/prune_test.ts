/** Prunes that meet something else, replayed one by one, and what is left of others on the disk. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Storage } from "../../../../lib/open_storage.ts";
import type { Ending } from "../../../../lib/task/transitions.ts";
import { Gate } from "../../../support/gate.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, type StorageOptions, TempDir } from "../../../support/storage_fixture.ts";

const REQUEST = { id: "x", conversation_id: "c1", prompt: "Do it." };
const ERROR = { code: "model_unavailable", message: "no answer" } as const;
const FAILED: Ending = { kind: "failed", error: ERROR };
const NO_USAGE = {
  input_tokens: 0,
  output_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  estimated: false,
};
const DONE: Ending = { kind: "completed", result: "done", artifacts: [], usage: NO_USAGE };

/** Opens a directory several times, as several processes would, and runs a test on it. */
async function withProcesses(
  test: (open: (options?: StorageOptions) => Promise<Storage>) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make();
  const opened: Storage[] = [];
  try {
    await test(async (options) => {
      const storage = await openTestStorage(dir.path, options);
      opened.push(storage);
      return storage;
    });
  } finally {
    for (const storage of opened) storage.close();
  }
}

async function run({ queue, journals }: Storage, ending: Ending): Promise<string> {
  const task = await queue.claim(AbortSignal.timeout(20_000));
  if (task === undefined) throw new Error("nothing was claimed");
  await task.start();
  const { id, incarnation } = task.record;
  const journal = await journals.open(id, incarnation);
  await journal.append({ type: "attempt_ended", outcome: ending.kind });
  journal.close();
  await task.finish(ending);
  return incarnation;
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
const ALL = { unread: true };

/** A process that prunes x and dies before a call. */
async function diesInPrune(
  open: (options?: StorageOptions) => Promise<Storage>,
  isThere: (call: { name: string; path: string }) => boolean,
): Promise<void> {
  const disk = new HookedDisk();
  const doomed = await open({ disk });
  const gate = new Gate();
  disk.hook = (call) => isThere(call) ? gate.pass() : undefined;
  void doomed.queue.prune("x", ALL);
  await gate.reached;
  disk.closeAll();
}

const atRecord = ({ name, path }: { name: string; path: string }) =>
  name === "unlink" && path.endsWith("failed/x.json");
const atMark = ({ name, path }: { name: string; path: string }) =>
  name === "unlink" && path.endsWith("control/prune/x");

Deno.test("prune() does not touch the task that a retry put in the place of the one it locked", () =>
  withProcesses(async (open) => {
    const disk = new HookedDisk();
    const [a, b] = [await open({ disk }), await open()];
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    const gate = new Gate();
    disk.hook = ({ name, path }) => {
      if (name === "file.tryLock" && path.endsWith("failed/x.json")) return gate.pass();
    };
    const pruning = a.queue.prune("x", ALL);
    await gate.reached;
    await b.queue.retry("x", { fresh: false });
    const incarnation = await run(b, FAILED);
    gate.release();
    // Its second look is at what is there by now.
    const answer = await pruning;
    assertEquals(answer.ok && answer.task.record.run, 2);
    assertEquals(answer.ok && answer.task.record.incarnation, incarnation);
    assertEquals(await b.queue.get("x"), undefined);
  }));

Deno.test("prune() looks at the age of what it has locked, not of what it saw before", () =>
  withProcesses(async (open) => {
    const disk = new HookedDisk();
    const [a, b] = [await open({ disk }), await open()];
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    const first = Date.parse((await b.queue.get("x"))?.record.finished_at ?? "");
    const gate = new Gate();
    disk.hook = ({ name, path }) => {
      if (name === "file.tryLock" && path.endsWith("failed/x.json")) return gate.pass();
    };
    const pruning = a.queue.prune("x", { ...ALL, ended_before: first + 1 });
    await gate.reached;
    while (Date.now() <= first + 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await b.queue.retry("x", { fresh: false });
    await run(b, FAILED);
    gate.release();
    const answer = await pruning;
    assertEquals(answer.ok || answer.reason, "too_young");
    assertEquals((await b.queue.get("x"))?.state, "failed");
    assertEquals(names(b.layout.journal), ["x.jsonl"]);
  }));

Deno.test("retry() waits for a prune that is under way, and finds nothing", () =>
  withProcesses(async (open) => {
    const disk = new HookedDisk();
    const [a, b] = [await open({ disk }), await open()];
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    const gate = new Gate();
    disk.hook = (call) => atRecord(call) ? gate.pass() : undefined;
    const pruning = a.queue.prune("x", ALL);
    await gate.reached;
    const held = await b.queue.prune("x", ALL);
    assertEquals(held.ok || held.reason, "held");
    const message = 'task "x" could not be retried: somebody else holds it; try again';
    await assertRejects(() => b.queue.retry("x", { fresh: false }), Error, message);
    assertEquals(await b.queue.orphans(), []);
    assertEquals(names(b.layout.prune), ["x"], "who prunes is alive");
    gate.release();
    assertEquals((await pruning).ok, true);
    const late = await b.queue.retry("x", { fresh: false });
    assertEquals(late.ok || late.reason, "unknown");
    assertEquals(names(b.layout.prune), []);
  }));

Deno.test("a task that is pruned by half is not retried: the prune is finished", () =>
  withProcesses(async (open) => {
    const b = await open();
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    await diesInPrune(open, atRecord);
    assertEquals(names(b.layout.journal), []);
    assertEquals((await b.queue.get("x"))?.state, "failed");
    const answer = await b.queue.retry("x", { fresh: false });
    assertEquals(answer.ok || answer.reason, "unknown");
    assertEquals(names(b.layout.state("failed")), []);
    assertEquals(names(b.layout.prune), []);
  }));

Deno.test("a task without a journal is whole: what was cancelled while it waited can be retried", () =>
  withProcesses(async (open) => {
    const { queue, layout } = await open();
    await queue.enqueue(REQUEST);
    await queue.cancel("x");
    assertEquals(names(layout.journal), []);
    assertEquals((await queue.retry("x", { fresh: false })).ok, true);
  }));

Deno.test("the mark that a dead process left says nothing of the next task of its id", () =>
  withProcesses(async (open) => {
    const b = await open();
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    await diesInPrune(open, atMark);
    assertEquals(names(b.layout.state("failed")), []);
    assertEquals(names(b.layout.prune), ["x"]);
    await b.queue.enqueue(REQUEST);
    await run(b, FAILED);
    assertEquals((await b.queue.retry("x", { fresh: false })).ok, true);
    await run(b, FAILED);
    assertEquals((await b.queue.prune("x", ALL)).ok, true);
    assertEquals(names(b.layout.state("failed")), []);
    assertEquals(names(b.layout.prune), []);
  }));

Deno.test("orphans() finishes prunes that were cut short, and drops marks of nothing", () =>
  withProcesses(async (open) => {
    const b = await open();
    for (const leave of [atRecord, atMark]) {
      await b.queue.enqueue(REQUEST);
      await run(b, FAILED);
      await diesInPrune(open, leave);
      assertEquals(await b.queue.orphans(), []);
      assertEquals(await b.queue.get("x"), undefined);
      assertEquals(names(b.layout.prune), []);
    }
  }));

Deno.test("an old record that a power cut brought back takes nothing of the next task along", () =>
  withProcesses(async (open) => {
    const b = await open();
    const { layout, queue } = b;
    await queue.enqueue(REQUEST);
    await run(b, FAILED);
    await diesInPrune(open, atMark);
    await queue.enqueue(REQUEST);
    await b.artifacts.write("x", "new.txt", new Uint8Array(1));
    await run(b, DONE);
    // The disk forgot that the old name was removed, but nothing that came after.
    Deno.linkSync(`${layout.prune}/x`, layout.task("failed", "x"));
    await queue.orphans();
    assertEquals(names(layout.state("failed")), []);
    assertEquals(names(layout.prune), []);
    assertEquals((await queue.get("x"))?.state, "completed");
    assertEquals(names(layout.journal), ["x.jsonl"]);
    assertEquals(await b.artifacts.list("x"), ["new.txt"]);
    assertEquals((await b.notifications.unread("c1")).map(({ id }) => id), ["x-completed"]);
  }));

Deno.test("a task that waits is not set aside for an old record of its id that is half pruned", () =>
  withProcesses(async (open) => {
    const b = await open();
    const { layout, queue } = b;
    await queue.enqueue(REQUEST);
    await run(b, FAILED);
    await diesInPrune(open, atMark);
    await queue.enqueue(REQUEST);
    Deno.linkSync(`${layout.prune}/x`, layout.task("failed", "x"));
    await run(b, DONE);
    assertEquals((await queue.get("x"))?.state, "completed");
    assertEquals(names(layout.state("failed")), []);
    assertEquals(names(layout.rejected), []);
  }));

Deno.test("prune() leaves what it cannot read, and says why", () =>
  withProcesses(async (open) => {
    const { queue, layout } = await open();
    Deno.writeTextFileSync(layout.task("completed", "x"), '{"version": 2}');
    await assertRejects(
      () => queue.prune("x", ALL),
      Error,
      'task "x" cannot be pruned: its version 2 is newer than this program; it is left as it is',
    );
    assertEquals(names(layout.state("completed")), ["x.json"]);
  }));

Deno.test("prune() flushes the mark before anything goes, and everything before the record goes", () =>
  withProcesses(async (open) => {
    const disk = new HookedDisk();
    const a = await open({ disk, durability: "full" });
    await a.queue.enqueue(REQUEST);
    await run(a, FAILED);
    const calls: string[] = [];
    disk.hook = ({ name, path }) => void calls.push(`${name} ${path.replace(a.layout.root, "")}`);
    await a.queue.prune("x", ALL);
    const order = [
      "link /tasks/failed/x.json",
      "flushDirectory /control/prune",
      "unlink /journal/x.jsonl",
      "flushDirectory /journal",
      "unlink /tasks/failed/x.json",
      "flushDirectory /tasks/failed",
      "unlink /control/prune/x",
    ].map((call) => calls.indexOf(call));
    assertEquals([...order].sort((x, y) => x - y), order, calls.join("\n"));
    assertEquals(order.includes(-1), false, calls.join("\n"));
    for (const room of ["/artifacts", "/notifications/c1"]) {
      const flushed = calls.indexOf(`flushDirectory ${room}`);
      assertEquals(flushed > 0 && flushed < Number(order[4]), true, calls.join("\n"));
    }
  }));
