/** Jobs that other programs put into the queue: tasks where they are, and else said to be none. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FlowProducer, type JobsOptions, Queue } from "bullmq";
import { isId } from "../../../../lib/task/id.ts";
import { CapturedLog } from "../../../support/captured_log.ts";
import { eventually } from "../../../support/eventually.ts";
import { RedisServer, type TestOptions, testWithRedis } from "../../../support/redis_server.ts";
import { claimNext, DONE, ERROR, FAILED, request, runTo } from "../contract_fixture.ts";
import { OpenQueue } from "./bullmq_scene.ts";

const TASK = { conversation_id: "c1", prompt: "What is 17*23?" };

interface Scene {
  readonly open: OpenQueue;
  /** Another program's view, by BullMQ's own means. */
  readonly foreign: Queue;
  add(data: unknown, options?: JobsOptions): Promise<string>;
}

function test(
  name: string,
  body: (scene: Scene) => Promise<void>,
  options: TestOptions = {},
): void {
  testWithRedis(`a foreign job: ${name}`, async () => {
    await using server = await RedisServer.start({ durable: false });
    await using open = await OpenQueue.open(server.url);
    const { prefix, queue } = open.keys;
    const foreign = new Queue(queue, { connection: open.redis.client, prefix });
    const add = async (data: unknown, options: JobsOptions = {}) =>
      (await foreign.add("theirs", data, options)).id ?? "";
    try {
      await body({ open, foreign, add });
    } finally {
      await foreign.close();
    }
  }, options);
}

/** Lets the queue look at what waits, until nothing is due. */
async function lookAtAll({ queue }: OpenQueue): Promise<void> {
  const stop = new AbortController();
  const claiming = queue.claim(stop.signal);
  await eventually("nothing is due", async () => {
    await queue.orphans();
    const { due, running } = await queue.outstanding();
    return due + running === 0;
  });
  stop.abort();
  assertEquals(await claiming, undefined);
}

test("one with the two fields is a task under the number that BullMQ gave it", async ({ open, foreign, add }) => {
  const { queue } = open;
  const number = await add(TASK);
  assertEquals(number, "1");
  assertEquals((await queue.get("1"))?.state, "pending");
  const task = await runTo(queue, DONE);
  assertEquals([task.record.id, task.record.title], ["1", "What is 17*23?"]);
  assertEquals((await queue.list({ limit: 5 })).map(({ record }) => record.id), ["1"]);
  assertEquals(await foreign.getJobState("1"), "completed");
  assertEquals((await foreign.getJob("1"))?.returnvalue, "391");
  assertEquals((await open.notifications.unread("c1")).map(({ id }) => id), ["1-completed"]);
  assertEquals((await queue.retry("1", { fresh: true })).ok, true);
  await runTo(queue, FAILED);
  assertEquals((await foreign.getJob("1"))?.failedReason, "The server said 503.");
  assertEquals((await queue.prune("1", { unread: true })).ok, true);
  assertEquals(await foreign.getJob("1"), undefined);
});

test("its own id, priority and delay are BullMQ's", async ({ open, add }) => {
  const { queue } = open;
  await add(TASK, { jobId: "later", delay: 3_600_000 });
  await add(TASK, { jobId: "low", priority: 150 });
  await add(TASK, { jobId: "high", priority: 50 });
  assertEquals(await queue.outstanding(), { running: 0, due: 2, retrying: 0, scheduled: 1 });
  const order = [];
  for (let i = 0; i < 2; i++) order.push((await runTo(queue, DONE)).record.id);
  assertEquals(order, ["high", "low"]);
  assertEquals((await queue.cancel("later")).ok, true);
});

test("a run_at that BullMQ was not told of is waited for", async ({ open, add }) => {
  await add({ ...TASK, run_at: "2999-01-01T00:00:00Z" }, { jobId: "x" });
  await lookAtAll(open);
  assertEquals((await open.queue.outstanding()).scheduled, 1);
  assertEquals((await open.queue.get("x"))?.state, "pending");
  const run_at = new Date(Date.now() + 300).toISOString();
  await add({ ...TASK, run_at }, { jobId: "y" });
  const task = await claimNext(open.queue);
  assert(Date.now() >= Date.parse(run_at), "claimed too early");
  await task.finish(DONE);
});

for (
  const [what, data, message] of [
    ["no prompt", { conversation_id: "c1" }, '"prompt" is missing'],
    ["no conversation", { prompt: "hello" }, '"conversation_id" is missing'],
    ["a wrong field", { ...TASK, priority: "high" }, '"priority": expected a whole number'],
    ["an id that is not its own", { ...TASK, id: "other" }, '"id": expected "x"'],
    ["a text", "hello", "expected a JSON object, got"],
    ["a number", 5, "expected a JSON object, got 5"],
    ["a list", [TASK], "expected a JSON object, got an array"],
    ["nothing", null, "expected a JSON object, got null"],
  ] as const
) {
  test(`one with ${what} fails as no valid task, and what came is kept`, async ({ open, foreign, add }) => {
    await add(data, { jobId: "x" });
    const came = (await open.job("x"))["data"] ?? "";
    await lookAtAll(open);
    const task = await open.queue.get("x");
    assertEquals([task?.state, task?.record.error?.code], ["failed", "invalid_task"]);
    assert(task?.record.error?.message.includes(message), task?.record.error?.message);
    assertEquals(await open.redis.ask((client) => client.get(open.keys.original("x"))), came);
    assertMatch((await foreign.getJob("x"))?.failedReason ?? "", /expected/);
    const tells = typeof data === "object" && data !== null && "conversation_id" in data;
    assertEquals((await open.notifications.unread("c1")).length, tells ? 1 : 0);
    assertEquals((await open.queue.retry("x", { fresh: true })).ok, false);
    assertEquals((await open.queue.prune("x", { unread: true })).ok, true);
    assertEquals(await open.redis.ask((client) => client.exists(open.keys.original("x"))), 0);
  });
}

test("one whose data is too large fails as no valid task", async ({ open, add }) => {
  await add({ ...TASK, metadata: { big: "x".repeat(1_100_000) } }, { jobId: "x" });
  await lookAtAll(open);
  const task = await open.queue.get("x");
  assertMatch(task?.record.error?.message ?? "", /has 11\d{5} bytes, at most 1048576 are allowed/);
}, { large: true });

test("one whose data is damaged fails as no valid task", async ({ open, add }) => {
  await add(TASK, { jobId: "x" });
  await open.redis.ask((client) => client.hset(open.keys.job("x"), "data", '{"prompt": "bro'));
  await lookAtAll(open);
  assertEquals((await open.queue.get("x"))?.record.error?.code, "invalid_task");
});

test("one whose options are damaged runs all the same", async ({ open, add }) => {
  await using _log = await CapturedLog.start();
  await add(TASK, { jobId: "x" });
  await open.redis.ask((client) => client.hset(open.keys.job("x"), "opts", "{"));
  const claiming = claimNext(open.queue);
  await eventually("it is taken", async () => (await open.queue.outstanding()).running === 1);
  await eventually("it is found", async () => {
    assertEquals(await open.queue.orphans(), []);
    return open.queue.token("x") !== undefined;
  });
  const task = await claiming;
  assertEquals(await task.finish(DONE), "completed");
  assertEquals((await open.queue.get("x"))?.record.interruptions, 0);
});

test("one whose id is none of ours gets another one, and is said to be no task", async ({ open, foreign, add }) => {
  await add(TASK, { jobId: "their job, no. 5" });
  assertEquals(await open.queue.ids(), []);
  await lookAtAll(open);
  const [task] = await open.queue.list({ limit: 5 });
  assert(isId(task?.record.id));
  assertEquals(task?.state, "failed");
  assertMatch(task?.record.error?.message ?? "", /the job's id "their job, no. 5" is no task id/);
  assertEquals(await foreign.getJob("their job, no. 5"), undefined);
  assertEquals((await open.notifications.unread("c1")).length, 1);
});

test("one with the number of a task of ours gets another id", async ({ open, add }) => {
  // BullMQ counts on with every job, whatever its id.
  await open.queue.enqueue(request({ id: "2", priority: 100 }));
  assertEquals(await add({ ...TASK, prompt: "theirs" }, { priority: 50 }), "2");
  assertEquals((await open.queue.get("2"))?.record.prompt, "What is 17*23?");
  assertEquals((await runTo(open.queue, DONE)).record.id, "2");
  await lookAtAll(open);
  const tasks = await open.queue.list({ limit: 5 });
  assertEquals(tasks.map(({ state }) => state).sort(), ["completed", "failed"]);
  const failed = tasks.find(({ state }) => state === "failed");
  assertMatch(failed?.record.error?.message ?? "", /"2" is another task's already/);
});

test("a number that is theirs is not handed in again", async ({ open, add }) => {
  await add({ ...TASK, prompt: "theirs" });
  assertEquals((await open.queue.enqueue(request({ id: "1" }))).created, false);
  assertEquals((await open.queue.get("1"))?.record.prompt, "theirs");
});

test("a task of a newer program is left alone, and that is said once", async ({ open, foreign, add }) => {
  await using log = await CapturedLog.start();
  await add({ ...TASK, version: 2 }, { jobId: "x" });
  await add(TASK, { jobId: "y", priority: 2 });
  assertEquals((await runTo(open.queue, DONE)).record.id, "y");
  await lookAtAll(open);
  assertEquals(await open.queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 1 });
  assertEquals(await foreign.getJobState("x"), "delayed");
  assertEquals((await open.queue.get("x"))?.state, "pending");
  assertEquals(JSON.parse((await open.job("x"))["data"] ?? ""), { ...TASK, version: 2 });
  // Whoever promotes it finds it left again, without a word.
  await (await foreign.getJob("x"))?.promote();
  await lookAtAll(open);
  assertEquals(log.about("newer than this program").length, 1);
});

test("one that its program removes while it runs is let go of", async ({ open, foreign, add }) => {
  await add(TASK, { jobId: "x" });
  const task = await claimNext(open.queue);
  await foreign.obliterate({ force: true });
  const error = await task.finish(DONE).catch((error) => error);
  assertEquals(error?.name, "LeaseLost");
  task.abandon();
  assertEquals(await open.queue.ids(), []);
});

test("one that its program removes between two attempts is forgotten", async ({ open, foreign }) => {
  const { queue, redis, keys } = open;
  await queue.enqueue(request({ id: "x" }));
  const retry_at = Date.now() + 3_600_000;
  await runTo(queue, { kind: "retry", error: ERROR, uses_attempt: true, retry_at });
  assertEquals(await redis.ask((client) => client.smembers(keys.retrying)), ["x"]);
  await foreign.remove("x");
  assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 0 });
  assertEquals(await redis.ask((client) => client.exists(keys.retrying)), 0);
});

for (const ending of [DONE, FAILED]) {
  test(`others are told from where a task was pruned (${ending.kind})`, async ({ open }) => {
    const { queue, redis, keys } = open;
    await queue.enqueue(request({ id: "x" }));
    await runTo(queue, ending);
    await queue.prune("x", { unread: true });
    const [entry] = await redis.ask((client) => client.xrevrange(keys.state("events"), "+", "-"));
    assertEquals(entry?.[1], ["event", "removed", "jobId", "x", "prev", ending.kind]);
  });
}

test("a failed task that is retried by BullMQ's own means begins a new run", async ({ open, foreign }) => {
  await open.queue.enqueue(request({ id: "x" }));
  await runTo(open.queue, FAILED);
  await (await foreign.getJob("x"))?.retry("failed");
  const task = await claimNext(open.queue);
  assertEquals([task.record.run, task.record.attempt, task.record.error], [2, 1, undefined]);
  assertEquals(await task.finish(DONE), "completed");
});

test("another worker that finds a task without its lock gives it to recovery", async ({ open, foreign }) => {
  await open.queue.enqueue(request({ id: "x" }));
  const task = await claimNext(open.queue);
  await task.start();
  await open.redis.ask((client) => client.del(open.keys.lock("x")));
  const backend = foreign.getBackend();
  Object.assign(foreign.opts, { maxStalledCount: 99, stalledInterval: 1 });
  await eventually(
    "it is put back",
    async () => (await backend.moveStalledJobsToWait()).length > 0,
  );
  assertEquals(await foreign.getJobState("x"), "waiting");
  const stop = new AbortController();
  const claiming = open.queue.claim(stop.signal);
  const [orphan] = await eventually("it is an orphan", async () => {
    const found = await open.queue.orphans();
    return found.length > 0 && found;
  });
  stop.abort();
  assertEquals(await claiming, undefined);
  assertEquals([orphan?.record.id, orphan?.record.attempts.length], ["x", 1]);
  await orphan?.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
  assertEquals((await open.queue.get("x"))?.record.interruptions, 1);
});

for (
  const timestamp of [
    "1700000000000000000",
    "1700000000000000",
    "-1700000000000000000",
    "Infinity",
    "soon",
  ]
) {
  test(`made at "${timestamp}" it is a task as any other`, async ({ open }) => {
    const { queue, redis, keys } = open;
    const data = JSON.stringify(TASK);
    await redis.ask((client) =>
      client.hset(keys.job("odd"), { data, timestamp, name: "x", opts: "{}" })
    );
    await redis.ask((client) => client.lpush(keys.state("wait"), "odd"));
    const created_at = "1970-01-01T00:00:00.000Z";
    const listed = await queue.list({ limit: 5 });
    assertEquals(listed.map(({ record }) => [record.id, record.created_at]), [["odd", created_at]]);
    assertEquals((await runTo(queue, DONE)).record.id, "odd");
    assertEquals((await queue.get("odd"))?.record.created_at, created_at);
  });
}

test("a flow's parent whose child has failed runs, and ends", async ({ open }) => {
  const { queue, redis, keys } = open;
  const { prefix, queue: queueName } = keys;
  const flow = new FlowProducer({ connection: redis.client, prefix });
  const options = { jobId: "child", failParentOnFailure: true, attempts: 1 };
  await flow.add({
    name: "theirs",
    queueName,
    data: TASK,
    opts: { jobId: "parent" },
    children: [{ name: "theirs", queueName, data: TASK, opts: options }],
  });
  await flow.close();
  assertEquals((await runTo(queue, FAILED)).record.id, "child");
  const parent = await claimNext(queue);
  assertEquals(parent.record.id, "parent");
  await parent.start();
  const unsuccessful = `${keys.job("parent")}:unsuccessful`;
  assertEquals(await redis.ask((client) => client.zcard(unsuccessful)), 1);
  assertEquals(await parent.finish(DONE), "completed");
  assertEquals((await queue.get("parent"))?.state, "completed");
});
