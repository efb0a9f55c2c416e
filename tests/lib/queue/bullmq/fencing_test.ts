/** A service whose lease has run out writes nothing any more, whatever it still believes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ClaimedTask, LeaseLost } from "../../../../lib/queue/task_queue.ts";
import { eventually, soon } from "../../../support/eventually.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, FAILED, orphanOf, request } from "../contract_fixture.ts";
import { OpenQueue, SHORT } from "./bullmq_scene.ts";

const ANSWER = { type: "attempt_ended", attempt: 1, outcome: "completed" } as const;

/** Two processes; the first one has a task and is deaf: it does not notice what becomes of it. */
async function withDeaf(
  test: (scene: { old: OpenQueue; other: OpenQueue; task: ClaimedTask }) => Promise<void>,
): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  await using old = await OpenQueue.open(server.url);
  await using other = await OpenQueue.open(server.url, { service_id: "service-b", times: SHORT });
  await old.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(old.queue);
  await task.start();
  await test({ old, other, task });
}

/** The server forgets the lock, as it does when nobody renews it; somebody else takes the task. */
async function takeFrom(old: OpenQueue, other: OpenQueue): Promise<ClaimedTask> {
  await other.redis.ask((client) => client.del(old.keys.lock("x")));
  const orphan = await orphanOf(other.queue);
  await orphan.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
  const again = await claimNext(other.queue);
  await again.start();
  return again;
}

testWithRedis("who lost a task writes no ending, no journal line and no artifact", async () => {
  await withDeaf(async ({ old, other, task }) => {
    const { incarnation } = task.record;
    const journal = await old.journals.open("x", incarnation);
    await journal.append(ANSWER);
    await old.artifacts.write("x", "mine.txt", new Uint8Array([1]));
    const again = await takeFrom(old, other);
    const theirs = await other.journals.open("x", incarnation);
    assertEquals(theirs.entries.length, 1);
    await theirs.append(ANSWER);
    await other.artifacts.write("x", "mine.txt", new Uint8Array([2]));

    await assertRejects(() => journal.append(ANSWER), LeaseLost);
    await assertRejects(() => old.journals.open("x", "another"), LeaseLost);
    await assertRejects(
      () => old.artifacts.write("x", "mine.txt", new Uint8Array([1])),
      LeaseLost,
    );
    await assertRejects(() => task.start(), LeaseLost);
    await assertRejects(() => task.finish(DONE), LeaseLost);
    await assertRejects(() => task.finish({ kind: "interrupted" }), LeaseLost);
    task.abandon();

    assertEquals((await other.queue.get("x"))?.record.service_id, "service-b");
    assertEquals((await other.queue.get("x"))?.state, "running");
    assertEquals((await other.journals.read("x", incarnation)).length, 2);
    assertEquals(await other.artifacts.read("x", "mine.txt"), new Uint8Array([2]));
    assertEquals(await other.notifications.unread("c1"), []);
    assertEquals(await again.finish(FAILED), "failed");
    const told = await old.notifications.unread("c1");
    assertEquals(told.map(({ id }) => id), ["x-failed"]);
  });
});

testWithRedis("who lost a task to one that has ended it changes nothing of its end", async () => {
  await withDeaf(async ({ old, other, task }) => {
    const again = await takeFrom(old, other);
    await again.finish(FAILED);
    const before = await other.job("x");
    await assertRejects(() => task.finish(DONE), LeaseLost);
    task.abandon();
    assertEquals(await other.job("x"), before);
    assertEquals((await other.notifications.unread("c1")).length, 1);
  });
});

testWithRedis("a lease that is not renewed in time is lost, and its owner is told", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using old = await OpenQueue.open(server.url, { times: SHORT });
  await old.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(old.queue);
  await task.start();
  await old.redis.ask((client) => client.set(old.keys.lock("x"), "somebody", "PX", 60_000));
  await soon("it is told", once(task.lost));
  assertEquals(old.queue.isValid("x"), false);
  task.abandon();
  assertEquals(await old.redis.ask((client) => client.get(old.keys.lock("x"))), "somebody");
});

testWithRedis(
  "who takes its own task anew, since its lock was gone, ends its first run",
  async () => {
    await using server = await RedisServer.start({ durable: false });
    await using open = await OpenQueue.open(server.url);
    await open.queue.enqueue(request({ id: "x" }));
    const task = await claimNext(open.queue);
    await task.start();
    const journal = await open.journals.open("x", task.record.incarnation);
    await open.redis.ask((client) => client.del(open.keys.lock("x")));
    const orphan = await orphanOf(open.queue);
    assertEquals([task.lost.aborted, orphan.lost.aborted], [true, false]);
    await assertRejects(() => journal.append(ANSWER), LeaseLost);
    await assertRejects(() => task.finish(DONE), LeaseLost);
    task.abandon();
    assert(open.queue.isValid("x"));
    assertEquals(await orphan.finish(FAILED), "failed");
  },
);

testWithRedis("a lease is renewed for as long as its task runs", async () => {
  await using server = await RedisServer.start({ durable: false });
  await using old = await OpenQueue.open(server.url, { times: SHORT });
  await using other = await OpenQueue.open(server.url, { service_id: "service-b", times: SHORT });
  await old.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(old.queue);
  await task.start();
  const until = performance.now() + 4 * SHORT.lock_ms;
  await eventually("it was held for four times the lock's time", async () => {
    assertEquals(await other.queue.orphans(), []);
    return performance.now() > until;
  });
  assert(old.queue.isValid("x"));
  assertEquals(await task.finish(DONE), "completed");
});

testWithRedis(
  "who does not reach the server gives its tasks up before others take them",
  async () => {
    await using server = await RedisServer.start({ durable: false });
    await using old = await OpenQueue.open(server.url, { times: SHORT });
    await old.queue.enqueue(request({ id: "x" }));
    const task = await claimNext(old.queue);
    await task.start();
    const journal = await old.journals.open("x", task.record.incarnation);
    server.freeze();
    try {
      await soon("it is told", once(task.lost));
      assertEquals(old.queue.isValid("x"), false);
    } finally {
      server.thaw();
    }
    // The line of a tool that may be called once: whatever the server says by now, it is not called.
    await assertRejects(() => journal.append(ANSWER), LeaseLost);
    task.abandon();
  },
);

testWithRedis("a journal line that is answered too late is followed by nothing", async () => {
  await using server = await RedisServer.start({ durable: false });
  let slept = 0;
  await using old = await OpenQueue.open(server.url, { now: () => Date.now() + slept });
  await old.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(old.queue);
  await task.start();
  const journal = await old.journals.open("x", task.record.incarnation);
  await journal.append(ANSWER);
  // The machine slept, which only the wall clock tells, and the server still has the lock.
  slept = 120_000;
  await assertRejects(() => journal.append(ANSWER), LeaseLost);
  task.abandon();
});

testWithRedis("a tool that may be called once is not called by who lost the task", async () => {
  await withDeaf(async ({ old, other, task }) => {
    const journal = await old.journals.open("x", task.record.incarnation);
    const again = await takeFrom(old, other);
    let isCalled = false;
    const callOnce = async () => {
      await journal.append({
        type: "tool_started",
        step: 1,
        call_id: "c",
        name: "pay",
        arguments: "{}",
        effects: "once",
      });
      isCalled = true;
    };
    await assertRejects(callOnce, LeaseLost);
    assertEquals(isCalled, false);
    await again.finish(DONE);
    task.abandon();
  });
});

function once(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
