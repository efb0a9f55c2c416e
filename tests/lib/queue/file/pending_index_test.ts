import { assert, assertEquals } from "@std/assert";
import type { ClaimedTask } from "../../../../lib/queue/task_queue.ts";
import { newIdAt } from "../../../../lib/task/id.ts";
import { HookedDisk } from "../../../support/hooked_disk.ts";
import { openTestStorage, TempDir } from "../../../support/storage_fixture.ts";
import { DONE } from "./crash_harness.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

async function claimNext(queue: { claim(signal: AbortSignal): Promise<ClaimedTask | undefined> }) {
  const task = await queue.claim(AbortSignal.timeout(20_000));
  assert(task !== undefined, "nothing was claimed");
  return task;
}

Deno.test("the first claim does not wait for all of a large backlog, nor the rest for the claims", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const storage = await openTestStorage(dir.path, { disk });
  const COUNT = 200;
  const ids = Array.from({ length: COUNT }, (_, i) => newIdAt(NOON + i) ?? "");
  for (const [i, id] of ids.entries()) {
    const priority = i === COUNT - 1 ? 9 : 0;
    const text = JSON.stringify({ conversation_id: "c1", prompt: "x", priority });
    Deno.writeTextFileSync(storage.layout.task("pending", id), text);
  }
  // So slow that they take a second: in the sum, like very many on a fast disk.
  let read = 0;
  disk.hook = async ({ name, path }) => {
    if (name !== "open" || !path.includes("/pending/")) return;
    read++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const first = await claimNext(storage.queue);
  assertEquals(first.record.id, ids[0]);
  assert(read < COUNT, `all ${read} were read first`);
  // More claims, one after the other, until the most urgent one has been read: its name is last.
  const claimed = [first];
  while (claimed.at(-1)?.record.priority !== 9) claimed.push(await claimNext(storage.queue));
  assert(claimed.length < COUNT, "it came last of all");
  for (const task of claimed) task.abandon();
  storage.close();
});

Deno.test("a task that comes to an idle queue is read once, and its own move is not looked at", async () => {
  await using dir = await TempDir.make();
  const disk = new HookedDisk();
  const storage = await openTestStorage(dir.path, { disk });
  const producer = await openTestStorage(dir.path, { service_id: "producer" });
  let waiting = claimNext(storage.queue);
  await storage.queue.outstanding();
  let opened = 0;
  disk.hook = ({ name, path }) => {
    if (name === "open" && path.includes("/pending/")) opened++;
  };
  const COUNT = 20;
  for (let i = 0; i < COUNT; i++) {
    await producer.queue.enqueue({ id: `t-${i}`, conversation_id: "c1", prompt: "x" });
    const task = await waiting;
    assertEquals(task.record.id, `t-${i}`);
    await task.finish(DONE);
    waiting = claimNext(storage.queue);
  }
  await producer.queue.enqueue({ id: "last", conversation_id: "c1", prompt: "x" });
  (await waiting).abandon();
  // A scan may come in between, on a busy machine.
  assert(opened <= COUNT + 5, `${COUNT + 1} tasks were opened ${opened} times`);
  storage.close();
  producer.close();
});

Deno.test("what waits for its time is told from what is claimed unread", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const { queue } = storage;
  const waiting = claimNext(queue);
  await queue.outstanding();
  await queue.enqueue({
    id: "tomorrow",
    conversation_id: "c1",
    prompt: "x",
    run_at: "2999-01-01T00:00:00Z",
  });
  await queue.enqueue({ id: "now", conversation_id: "c1", prompt: "x" });
  const task = await waiting;
  assertEquals(task.record.id, "now");
  await task.finish(DONE);
  assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 1 });
  storage.close();
});

Deno.test("claims that never wait let events in", async () => {
  await using dir = await TempDir.make();
  const storage = await openTestStorage(dir.path);
  const { queue } = storage;
  for (let i = 0; i < 300; i++) {
    await queue.enqueue({ id: `t-${i}`, conversation_id: "c1", prompt: "x" });
  }
  let turned = 0;
  let timer;
  const claimed: string[] = [];
  while (claimed.length < 300) {
    const task = await claimNext(queue);
    // All are known by then: nothing is waited for any more.
    timer ??= setInterval(() => turned++, 1);
    claimed.push(task.record.id);
    await task.finish(DONE);
  }
  clearInterval(timer);
  assert(turned > 3, `the event loop turned ${turned} times`);
  assertEquals(new Set(claimed).size, 300);
  storage.close();
});
