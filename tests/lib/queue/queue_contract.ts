/**
 * What every engine of the queue owes, in the queue's words: run by each engine's test file.
 * Nothing here knows where tasks are kept.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidTask, type TaskQueue } from "../../../lib/queue/task_queue.ts";
import type { Ending } from "../../../lib/task/transitions.ts";
import { eventually } from "../../support/eventually.ts";
import { type Declare, declareTest } from "../../support/redis_server.ts";
import {
  claimNext,
  DONE,
  ERROR,
  FAILED,
  orphanOf,
  type QueueUnderTest,
  request,
  runTo,
  USAGE,
  type WithQueue,
} from "./contract_fixture.ts";
import { testHolds } from "./hold_contract.ts";
import { testLists } from "./list_contract.ts";
import { testPrunes } from "./prune_contract.ts";

/**
 * Declares the tests of the whole contract for one engine.
 *
 * @param declare how. Default: `Deno.test`
 */
export function testQueueContract(
  engine: string,
  withQueue: WithQueue,
  declare: Declare = declareTest,
): void {
  const test = (name: string, body: (parts: QueueUnderTest) => Promise<void>) =>
    declare(`${engine}: ${name}`, () => withQueue(body));
  testLists(test);
  testHolds(test);
  testPrunes(test);

  test("enqueue() answers the id and the defaults are filled in", async ({ queue, other }) => {
    const enqueued = await queue.enqueue(request({ id: "sum-1", note: { mine: true } }));
    assertEquals(enqueued, { id: "sum-1", state: "pending", created: true });
    const task = await other.get("sum-1");
    assertEquals(task?.state, "pending");
    const { created_at, ...record } = task?.record ?? {};
    assert(Math.abs(Date.parse(String(created_at)) - Date.now()) < 60_000);
    assertEquals(record as unknown, {
      version: 1,
      priority: 0,
      max_attempts: 3,
      timeout_seconds: 600,
      max_steps: 30,
      conversation_id: "c1",
      prompt: "What is 17*23?",
      id: "sum-1",
      note: { mine: true },
      title: "What is 17*23?",
    });
  });

  test("enqueue() without an id makes ids that sort by time", async ({ queue }) => {
    const ids = [];
    for (let i = 0; i < 20; i++) ids.push((await queue.enqueue(request())).id);
    assertEquals([...ids].sort(), ids);
    assertEquals(new Set(ids).size, 20);
  });

  test("enqueue() of an id that exists in any state changes nothing and says so", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const again = () => other.enqueue(request({ id: "x", prompt: "another" }));
    assertEquals(await again(), { id: "x", state: "pending", created: false });
    const task = await claimNext(queue);
    assertEquals(await again(), { id: "x", state: "running", created: false });
    await task.start();
    await task.finish(DONE);
    assertEquals(await again(), { id: "x", state: "completed", created: false });
    assertEquals((await queue.get("x"))?.record.prompt, "What is 17*23?");
    assertEquals((await queue.outstanding()).due, 0);
  });

  test("enqueue() of one id by many at once makes one task", async ({ queue, other }) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? queue : other).enqueue(request({ id: "x" }))),
    );
    assertEquals(answers.filter(({ created }) => created).length, 1);
    assertEquals((await queue.list({ limit: 10 })).map(({ record }) => record.id), ["x"]);
  });

  test("enqueue() refuses what is no task and keeps nothing of it", async ({ queue }) => {
    const refused = async (fields: Record<string, unknown>, message: string) => {
      const error = await assertRejects(() => queue.enqueue(request(fields)), InvalidTask);
      assertEquals(error.message, message);
    };
    await refused({ prompt: "" }, '"prompt": expected a text of 1 to 100,000 characters, got ""');
    await refused(
      { id: "../x" },
      '"id": expected 1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first, ' +
        'got "../x"',
    );
    await refused(
      { priority: 101 },
      '"priority": expected a whole number from -100 to 100, got 101',
    );
    await refused({ attempts: "many" }, '"attempts": expected a list of attempts, got "many"');
    await refused({ version: 2 }, '"version": expected the number 1, got 2');
    assertEquals(await queue.list({ limit: 10 }), []);
  });

  test("enqueue() refuses metadata that could not be read back", async ({ queue }) => {
    let deep: unknown = 1;
    for (let i = 0; i < 120; i++) deep = [deep];
    const error = await assertRejects(
      () => queue.enqueue(request({ metadata: { deep } })),
      InvalidTask,
    );
    assertEquals(error.message, "the JSON is nested over 100 deep");
    const big = "x".repeat(1024 * 1024);
    await assertRejects(() => queue.enqueue(request({ metadata: { big } })), InvalidTask, "bytes");
    assertEquals(await queue.list({ limit: 10 }), []);
  });

  test("claim() takes the highest priority first and the oldest among equals", async ({ queue, other }) => {
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    await other.enqueue(request({ id: "late", created_at: at(3) }));
    await other.enqueue(request({ id: "low", priority: -5, created_at: at(0) }));
    await other.enqueue(request({ id: "early", created_at: at(1) }));
    await other.enqueue(request({ id: "high", priority: 7, created_at: at(9) }));
    await queue.outstanding();
    const order = [];
    for (let i = 0; i < 4; i++) order.push((await runTo(queue, DONE)).record.id);
    assertEquals(order, ["high", "early", "late", "low"]);
  });

  test("enqueue() of an id that waits does not change when it comes", async ({ queue, other }) => {
    for (const id of ["a", "b", "c"]) await queue.enqueue(request({ id }));
    const again = await other.enqueue(request({ id: "c", priority: 9 }));
    assertEquals(again.created, false);
    await queue.outstanding();
    const order = [];
    for (let i = 0; i < 3; i++) order.push((await runTo(queue, DONE)).record.id);
    assertEquals(order, ["a", "b", "c"]);
  });

  test("claim() waits and wakes for a task that comes later", async ({ queue, other }) => {
    const waiting = claimNext(queue);
    await queue.outstanding();
    await other.enqueue(request({ id: "later" }));
    assertEquals((await waiting).record.id, "later");
    (await waiting).abandon();
  });

  test("claim() resolves without a task once its signal is aborted", async ({ queue }) => {
    const stop = new AbortController();
    const waiting = queue.claim(stop.signal);
    stop.abort();
    assertEquals(await waiting, undefined);
    await queue.enqueue(request());
    assertEquals(await queue.claim(AbortSignal.abort()), undefined);
  });

  test("claim() gives each task to one owner alone", async ({ queue, other }) => {
    const ids = Array.from({ length: 30 }, (_, i) => `t-${i}`);
    for (const id of ids) await queue.enqueue(request({ id }));
    const stop = new AbortController();
    const ran: string[] = [];
    const work = async (from: TaskQueue) => {
      for (let task; (task = await from.claim(stop.signal)) !== undefined;) {
        ran.push(task.record.id);
        await task.start();
        await task.finish(DONE);
        if (ran.length === ids.length) stop.abort();
      }
    };
    await Promise.all([work(queue), work(other), work(queue), work(other)]);
    assertEquals(ran.sort(), ids.sort());
    assertEquals((await queue.list({ states: ["completed"], limit: 50 })).length, 30);
  });

  test("claim() leaves a task alone before its run_at", async ({ queue }) => {
    await queue.enqueue(request({ id: "tomorrow", run_at: "2999-01-01T00:00:00Z" }));
    await queue.enqueue(request({ id: "today", priority: -100 }));
    assertEquals((await runTo(queue, DONE)).record.id, "today");
    assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 1 });
  });

  test("a claimed task says who runs it, which run and which attempt", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const seen = await other.get("x");
    assertEquals(seen?.state, "running");
    const { run, attempt, interruptions, service_id, pid, host, incarnation } = seen?.record ?? {};
    assertEquals({ run, attempt, interruptions }, { run: 1, attempt: 1, interruptions: 0 });
    assertEquals({ service_id, pid, host }, {
      service_id: "service-a",
      pid: Deno.pid,
      host: "here",
    });
    assert(String(incarnation).length > 10);
    assertEquals(seen?.record.attempts?.length, 1);
    await task.finish(DONE);
  });

  test("finish() completes a task and tells its conversation once", async (parts) => {
    const { queue, other } = parts;
    await queue.enqueue(request({ id: "x", title: "Sum" }));
    const task = await claimNext(queue);
    await task.start();
    assertEquals(await task.finish(DONE), "completed");
    const ended = await other.get("x");
    assertEquals(ended?.state, "completed");
    assertEquals(ended?.record.result, "391");
    assertEquals(ended?.record.artifacts, ["a.txt"]);
    assertEquals(ended?.record.usage, USAGE);
    assertEquals(ended?.record.attempts?.at(-1)?.outcome, "completed");
    const unread = await parts.unread("c1");
    assertEquals(unread.map(({ id, event, title, message }) => ({ id, event, title, message })), [
      { id: "x-completed", event: "completed", title: "Sum", message: "391" },
    ]);
  });

  test("finish() fails a task with its error and attempt", async (parts) => {
    const { queue } = parts;
    await queue.enqueue(request({ id: "x" }));
    await runTo(queue, FAILED);
    const ended = await queue.get("x");
    assertEquals(ended?.state, "failed");
    assertEquals(ended?.record.error as unknown, { ...ERROR, attempt: 1 });
    assertEquals((await parts.unread("c1"))[0]?.message, "The server said 503.");
  });

  test("finish() a second time answers the same and moves nothing", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    assertEquals(await task.finish(DONE), "completed");
    assertEquals(await task.finish(FAILED), "completed");
    assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 0 });
  });

  test("a retry waits for its time and counts the attempt only where it is used up", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    const retry = (uses_attempt: boolean): Ending => ({
      kind: "retry",
      retry_at: Date.now() - 1,
      error: ERROR,
      uses_attempt,
    });
    const attempts = [];
    for (const used of [true, false, true]) {
      attempts.push((await runTo(queue, retry(used))).record.attempt);
    }
    attempts.push((await runTo(queue, DONE)).record.attempt);
    assertEquals(attempts, [1, 2, 2, 3]);
    const outcomes = (await queue.get("x"))?.record.attempts?.map(({ outcome }) => outcome);
    assertEquals(outcomes, ["retry", "rate_limited", "retry", "completed"]);
  });

  test("a task between attempts is retrying, not due", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    const retry_at = Date.now() + 3_600_000;
    await runTo(queue, { kind: "retry", retry_at, error: ERROR, uses_attempt: true });
    const task = await queue.get("x");
    assertEquals(task?.state, "pending");
    assertEquals(task?.record.retry_at, new Date(retry_at).toISOString());
    assertEquals(task?.record.last_error as unknown, ERROR);
    assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 1, scheduled: 0 });
  });

  test("an interrupted task comes back and has lost nothing by it", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const first = await runTo(queue, { kind: "interrupted" });
    const again = await claimNext(other);
    const { run, attempt, interruptions, incarnation } = again.record;
    assertEquals({ run, attempt, interruptions }, { run: 1, attempt: 1, interruptions: 0 });
    assertEquals(incarnation, first.record.incarnation);
    again.abandon();
  });

  test("orphans() gives what nobody holds any more and nothing that is held", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    assertEquals(await queue.orphans(), []);
    assertEquals(await other.orphans(), []);
    task.abandon();
    const orphan = await orphanOf(other);
    assertEquals(await queue.orphans(), []);
    assertEquals(orphan.record.id, "x");
    await orphan.finish({ kind: "crashed", progress: 0, last_seen: Date.now() });
    const back = await queue.get("x");
    assertEquals(back?.state, "pending");
    assertEquals(back?.record.interruptions, 1);
    assertEquals(back?.record.attempts?.at(-1)?.outcome, "crashed");
  });

  test("cancel() ends a waiting task at once", async (parts) => {
    const { queue } = parts;
    await queue.enqueue(request({ id: "x", run_at: "2999-01-01T00:00:00Z" }));
    const answer = await queue.cancel("x");
    assert(answer.ok);
    assertEquals(answer.task.state, "failed");
    assertEquals(answer.task.record.error?.code, "cancelled");
    assertEquals((await parts.unread("c1")).map(({ id }) => id), ["x-failed"]);
    assertEquals(await queue.cancel("x").then((a) => a.ok || a.reason), "wrong_state");
    assertEquals(await queue.cancel("nobody"), { ok: false, reason: "unknown" });
  });

  test("cancel() reaches the owner of a running task and waits for its end", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const cancelling = other.cancel("x");
    await new Promise<void>((resolve) => {
      task.cancelled.addEventListener("abort", () => resolve(), { once: true });
    });
    const error = { code: "cancelled", message: "The task was cancelled." } as const;
    await task.finish({ kind: "failed", error });
    const answer = await cancelling;
    assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
  });

  test("cancel() loses against a task that completes first", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const cancelling = other.cancel("x");
    await new Promise<void>((resolve) => {
      task.cancelled.addEventListener("abort", () => resolve(), { once: true });
    });
    await task.finish(DONE);
    const answer = await cancelling;
    assertEquals(answer.ok && answer.task.state, "completed");
  });

  test("a cancel request is not outrun by a task that is put back", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const cancelling = other.cancel("x");
    await new Promise<void>((resolve) => {
      task.cancelled.addEventListener("abort", () => resolve(), { once: true });
    });
    assertEquals(await task.finish({ kind: "interrupted" }), "failed");
    const answer = await cancelling;
    assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
  });

  test("cancel() takes the place of an owner that is gone", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    task.abandon();
    const answer = await other.cancel("x");
    assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
  });

  test("cancel() gives up when its signal is aborted", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const stop = new AbortController();
    const cancelling = other.cancel("x", stop.signal);
    task.cancelled.addEventListener("abort", () => stop.abort(), { once: true });
    await assertRejects(() => cancelling, DOMException);
    assertEquals((await queue.get("x"))?.state, "running");
    await task.finish(DONE);
  });

  test("retry() begins a new run that tells its end under a name of its own", async (parts) => {
    const { queue } = parts;
    await queue.enqueue(request({ id: "x" }));
    const first = await runTo(queue, FAILED);
    const answer = await queue.retry("x", { fresh: false });
    assertEquals(answer.ok && answer.task.state, "pending");
    const second = await claimNext(queue);
    assertEquals([second.record.run, second.record.attempt], [2, 1]);
    assertEquals(second.record.incarnation, first.record.incarnation);
    assertEquals(second.record.error, undefined);
    assertEquals(second.record.attempts[0]?.error as unknown, { ...ERROR, attempt: 1 });
    await second.start();
    await second.finish(FAILED);
    const names = (await parts.unread("c1")).map(({ id }) => id).sort();
    assertEquals(names, ["x-failed", "x-failed-2"]);
  });

  test("retry() of a completed task needs fresh, which forgets the old run", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    const first = await runTo(queue, DONE);
    const refused = await queue.retry("x", { fresh: false });
    assertEquals(refused.ok || refused.reason, "wrong_state");
    assertEquals((await queue.retry("x", { fresh: true })).ok, true);
    const second = await claimNext(queue);
    assertEquals(second.record.run, 2);
    assert(second.record.incarnation !== first.record.incarnation);
    assertEquals(second.record.result, undefined);
    second.abandon();
    const unknown = await queue.retry("nobody", { fresh: true });
    assertEquals(unknown, { ok: false, reason: "unknown" });
  });

  test("a task that was cancelled while it waited is due at once when retried", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const retry_at = Date.now() + 3_600_000;
    await runTo(queue, { kind: "retry", retry_at, error: ERROR, uses_attempt: true });
    assertEquals((await queue.outstanding()).retrying, 1);
    assertEquals((await other.cancel("x")).ok, true);
    assertEquals((await other.retry("x", { fresh: false })).ok, true);
    const task = await claimNext(queue);
    assertEquals(task.record.id, "x");
    task.abandon();
  });

  test("ended() resolves when the task ends and at once when it has", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const waiting = other.ended("x", new AbortController().signal);
    await runTo(queue, DONE);
    assertEquals((await waiting)?.state, "completed");
    assertEquals((await other.ended("x", new AbortController().signal))?.record.result, "391");
    assertEquals(await other.ended("nobody", new AbortController().signal), undefined);
  });

  test("ended() resolves without a task when it is aborted", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    const stop = new AbortController();
    const waiting = queue.ended("x", stop.signal);
    stop.abort();
    assertEquals(await waiting, undefined);
  });

  test("list() gives the newest first, by state and conversation, at most so many", async ({ queue }) => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const conversation_id = i % 2 ? "odd" : "even";
      ids.push((await queue.enqueue(request({ conversation_id }))).id);
    }
    await runTo(queue, DONE);
    const list = async (filter: Partial<Parameters<TaskQueue["list"]>[0]>) =>
      (await queue.list({ limit: 50, ...filter })).map(({ record }) => ids.indexOf(record.id));
    assertEquals(await list({}), [4, 3, 2, 1, 0]);
    assertEquals(await list({ limit: 2 }), [4, 3]);
    assertEquals(await list({ states: ["pending"] }), [4, 3, 2, 1]);
    assertEquals(await list({ states: ["completed", "failed"] }), [0]);
    assertEquals(await list({ conversation_id: "odd" }), [3, 1]);
    assertEquals(await list({ conversation_id: "odd", states: ["running"] }), []);
  });

  test("outstanding() counts what is held, due, retrying and scheduled", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "held" }));
    const held = await claimNext(queue);
    await held.start();
    await queue.enqueue(request({ id: "due" }));
    await queue.enqueue(request({ id: "later", run_at: "2999-01-01T00:00:00Z" }));
    const counts = { running: 1, due: 1, retrying: 0, scheduled: 1 };
    assertEquals(await queue.outstanding(), counts);
    assertEquals(await other.outstanding(), counts);
    await held.finish(DONE);
    await eventually("nothing is held", async () => (await other.outstanding()).running === 0);
  });
}
