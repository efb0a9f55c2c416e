/**
 * Our own scripts move jobs between BullMQ's states and look into them by its key layout. These tests
 * fail when a new BullMQ has another one.
 */
import { assertEquals } from "@std/assert";
import { Queue } from "bullmq";
import { RESERVED_NAMES } from "../../../../lib/redis/job_id.ts";
import { RedisServer, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, ERROR, FAILED, request, runTo } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

async function withBoth(test: (open: OpenQueue, bull: Queue) => Promise<void>): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  await using open = await OpenQueue.open(server.url);
  const { prefix, queue } = open.keys;
  const bull = new Queue(queue, { connection: open.redis.client, prefix });
  try {
    await bull.waitUntilReady();
    await test(open, bull);
  } finally {
    await bull.close();
  }
}

testWithRedis("BullMQ sees every task in the state that we see it in", async () => {
  await withBoth(async ({ queue }, bull) => {
    const expected = async (id: string, state: string, bulls: string) => {
      assertEquals([(await queue.get(id))?.state, await bull.getJobState(id)], [state, bulls]);
    };
    await queue.enqueue(request({ id: "x", title: "Sum", priority: 3 }));
    await expected("x", "pending", "prioritized");
    await queue.enqueue(request({ id: "later", run_at: "2999-01-01T00:00:00Z" }));
    await expected("later", "pending", "delayed");
    await runTo(queue, {
      kind: "retry",
      retry_at: Date.now() + 3_600_000,
      error: ERROR,
      uses_attempt: true,
    });
    await expected("x", "pending", "delayed");
    await (await bull.getJob("x"))?.promote();
    await expected("x", "pending", "prioritized");
    const task = await claimNext(queue);
    await task.start();
    await expected("x", "running", "active");
    await task.finish(DONE);
    await expected("x", "completed", "completed");
    await queue.retry("x", { fresh: true });
    await expected("x", "pending", "prioritized");
    await runTo(queue, FAILED);
    await expected("x", "failed", "failed");
    await queue.cancel("later");
    await expected("later", "failed", "failed");
    const counts = Object.entries(await bull.getJobCounts());
    assertEquals(counts.filter(([, count]) => count > 0), [["failed", 2]]);
  });
});

testWithRedis("BullMQ shows name, data, result and error of our tasks", async () => {
  await withBoth(async ({ queue }, bull) => {
    await queue.enqueue(request({ id: "x", title: "Sum" }));
    await runTo(queue, DONE);
    const done = await bull.getJob("x");
    assertEquals([done?.name, done?.returnvalue, done?.data.result], ["Sum", "391", "391"]);
    assertEquals(done?.data, (await queue.get("x"))?.record);
    await queue.enqueue(request({ id: "y" }));
    await runTo(queue, FAILED);
    const failed = await bull.getJob("y");
    assertEquals(failed?.failedReason, "The server said 503.");
    assertEquals(failed?.data.error.code, "model_unavailable");
  });
});

testWithRedis("a job that our script takes is one that BullMQ can move on", async () => {
  await withBoth(async ({ queue, redis, keys }, bull) => {
    for (const [id, fields] of [["a", {}], ["b", { run_at: "2999-01-01T00:00:00Z" }]] as const) {
      await queue.enqueue(request({ id, ...fields }));
      assertEquals((await queue.cancel(id)).ok, true);
      assertEquals(await bull.getJobState(id), "failed");
    }
    await bull.add("theirs", request(), { jobId: "c" });
    assertEquals(await bull.getJobState("c"), "waiting");
    assertEquals((await queue.cancel("c")).ok, true);
    for (const state of ["wait", "active", "prioritized", "delayed"]) {
      assertEquals(await redis.ask((client) => client.exists(keys.state(state))), 0, state);
    }
  });
});

testWithRedis("a paused queue gives no task until it is resumed", async () => {
  await withBoth(async ({ queue }, bull) => {
    await bull.pause();
    await queue.enqueue(request({ id: "x" }));
    const stop = new AbortController();
    const claiming = queue.claim(stop.signal);
    assertEquals((await queue.get("x"))?.state, "pending");
    assertEquals((await queue.outstanding()).due, 1);
    await bull.resume();
    const task = await claiming;
    assertEquals(task?.record.id, "x");
    await task?.finish(DONE);
  });
});

testWithRedis("what is pruned leaves no key behind but those of the queue itself", async () => {
  await withBoth(async ({ queue, redis, keys, journals, artifacts }, bull) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    await (await journals.open("x", task.record.incarnation))
      .append({ type: "attempt_ended", outcome: "done" });
    await artifacts.write("x", "a.txt", new Uint8Array(3));
    await task.finish(FAILED);
    await (await bull.getJob("x"))?.log("a line of BullMQ's own");
    await queue.retry("x", { fresh: false });
    await runTo(queue, DONE);
    assertEquals((await queue.prune("x", { unread: true })).ok, true);
    const left = await redis.ask((client) => client.keys("*"));
    const own = ["events", "id", "meta", "marker", "pc"].map((name) => keys.state(name));
    assertEquals(left.filter((key) => !own.includes(key)), []);
  });
});

testWithRedis("every key that BullMQ has beside its jobs is no job's", async () => {
  await withBoth(async (_, bull) => {
    const names = Object.keys(bull.keys).filter((name) => name !== "");
    assertEquals(names.filter((name) => !RESERVED_NAMES.includes(name)), []);
    await Promise.resolve();
  });
});
