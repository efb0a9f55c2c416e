/** What every engine owes those who hold a task, and those who take it from them: owners that go, races. */
import { assert, assertEquals } from "@std/assert";
import type { ClaimedTask } from "../../../lib/queue/task_queue.ts";
import type { Ending } from "../../../lib/task/transitions.ts";
import { eventually, soon } from "../../support/eventually.ts";
import {
  claimNext,
  type DeclareTest,
  DONE,
  ERROR,
  FAILED,
  orphanOf,
  request,
  runTo,
} from "./contract_fixture.ts";

const crashed = (): Ending => ({ kind: "crashed", progress: 0, last_seen: Date.now() });

const retryAt = (retry_at: number): Ending => ({
  kind: "retry",
  retry_at,
  error: ERROR,
  uses_attempt: true,
});

export function testHolds(test: DeclareTest): void {
  test("orphans() gives a task whose attempt was never begun, as one that crashed", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    (await claimNext(queue)).abandon();
    const orphan = await orphanOf(other);
    const { run, attempt, attempts } = orphan.record;
    assertEquals([run, attempt, attempts.length], [1, 1, 1]);
    await orphan.finish(crashed());
    const again = await claimNext(queue);
    assertEquals([again.record.run, again.record.interruptions], [1, 1]);
    again.abandon();
  });

  test("orphans() gives each task to one process alone", async ({ queue, other }) => {
    const ids = Array.from({ length: 12 }, (_, i) => `t-${i}`);
    for (const id of ids) await queue.enqueue(request({ id }));
    for (const _ of ids) {
      const task = await claimNext(queue);
      await task.start();
      task.abandon();
    }
    const found: ClaimedTask[] = [];
    await eventually("all are found", async () => {
      const rounds = await Promise.all([queue, other, queue, other].map((each) => each.orphans()));
      found.push(...rounds.flat());
      return found.length >= ids.length;
    });
    assertEquals(found.map(({ record }) => record.id).sort(), ids.sort());
    for (const task of found) task.abandon();
  });

  test("an orphan can end, and its conversation is told", async (parts) => {
    const { queue, other } = parts;
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    task.abandon();
    const error = { code: "service_crashed", message: "It died too often." } as const;
    assertEquals(await (await orphanOf(other)).finish({ kind: "failed", error }), "failed");
    assertEquals((await queue.get("x"))?.record.error?.code, "service_crashed");
    assertEquals((await parts.unread("c1")).map(({ id }) => id), ["x-failed"]);
  });

  test("an orphan that is let go of is an orphan again", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    task.abandon();
    (await orphanOf(other)).abandon();
    const orphan = await orphanOf(queue);
    assertEquals(orphan.record.interruptions, 0);
    await orphan.finish(crashed());
    assertEquals((await other.get("x"))?.record.interruptions, 1);
  });

  test("a task whose owner is gone is running to all who look, and nothing to claim", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    task.abandon();
    await queue.enqueue(request({ id: "y" }));
    const next = await claimNext(other);
    assertEquals(next.record.id, "y");
    assertEquals((await other.get("x"))?.state, "running");
    assertEquals(await other.ids(["running"]).then((ids) => ids.sort()), ["x", "y"]);
    await next.finish(DONE);
    assertEquals((await queue.outstanding()).running, 1);
  });

  test("an interrupted task keeps what its attempts have used, and its place in time", async ({ queue, other }) => {
    const { id } = await queue.enqueue(request());
    const first = await runTo(queue, retryAt(Date.now() - 1));
    await runTo(queue, { kind: "interrupted" });
    const again = await claimNext(other);
    assertEquals(again.record.attempts.map(({ attempt, outcome }) => [attempt, outcome]), [
      [1, "retry"],
      [2, "interrupted"],
      [2, undefined],
    ]);
    assertEquals(again.record.created_at, first.record.created_at);
    assertEquals(again.record.id, id);
    again.abandon();
  });

  test("a task that was never started can be finished", async (parts) => {
    const { queue } = parts;
    await queue.enqueue(request({ id: "x" }));
    assertEquals(await (await claimNext(queue)).finish(DONE), "completed");
    assertEquals((await queue.get("x"))?.record.attempts?.length, 1);
    assertEquals((await parts.unread("c1")).length, 1);
  });

  test("what the record says and we do not know is kept through a whole life", async ({ queue, other }) => {
    const note = { text: "mine ✓", list: [1, null, { deep: true }] };
    await queue.enqueue(request({ id: "x", note }));
    await runTo(queue, { kind: "interrupted" });
    await runTo(other, FAILED);
    await other.retry("x", { fresh: false });
    await runTo(queue, DONE);
    assertEquals((await other.get("x"))?.record["note"], note);
  });

  test("claim() gives a task when its run_at has come", async ({ queue, other }) => {
    const run_at = new Date(Date.now() + 400).toISOString();
    const waiting = claimNext(queue);
    await other.enqueue(request({ id: "later", run_at }));
    const task = await soon("it is claimed", waiting);
    assert(Date.now() >= Date.parse(run_at), "claimed too early");
    await task.finish(DONE);
  });

  test("claim() gives a task when its retry_at has come", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const retry_at = Date.now() + 400;
    await runTo(queue, retryAt(retry_at));
    const task = await soon("it is claimed", claimNext(other));
    assert(Date.now() >= retry_at, "claimed too early");
    assertEquals(task.record.attempt, 2);
    await task.finish(DONE);
  });

  test("cancel() of one waiting task by many ends it once", async (parts) => {
    const { queue, other } = parts;
    await queue.enqueue(request({ id: "x" }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => (i % 2 ? queue : other).cancel("x")),
    );
    const codes = answers.map((answer) =>
      "task" in answer ? answer.task.record.error?.code : answer.reason
    );
    assertEquals(new Set(codes), new Set(["cancelled"]));
    assertEquals((await queue.get("x"))?.record.attempts?.length, 1);
    assertEquals((await parts.unread("c1")).map(({ id }) => id), ["x-failed"]);
  });

  test("cancel() and claim() of one task: it ends as cancelled, whoever has it", async ({ queue, other }) => {
    for (let i = 0; i < 10; i++) {
      const id = `t-${i}`;
      await queue.enqueue(request({ id }));
      const stop = new AbortController();
      const claiming = queue.claim(stop.signal);
      const cancelling = other.cancel(id);
      const task = await Promise.race([claiming, cancelling.then(() => undefined)]);
      stop.abort();
      const held = task ?? await claiming;
      if (held !== undefined) {
        await held.start();
        await eventually("it is asked to stop", () => held.cancelled.aborted);
        await held.finish({ kind: "interrupted" });
      }
      const answer = await cancelling;
      assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
    }
  });

  test("a cancel request whose owner dies then is honoured all the same", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const cancelling = other.cancel("x");
    await eventually("it is asked to stop", () => task.cancelled.aborted);
    task.abandon();
    const answer = await cancelling;
    assertEquals(answer.ok && answer.task.record.error?.code, "cancelled");
  });

  test("a cancel request that nobody waits for any more stops the run it was meant for", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const stop = new AbortController();
    const cancelling = other.cancel("x", stop.signal);
    await eventually("it is asked to stop", () => task.cancelled.aborted);
    stop.abort();
    await cancelling.catch(() => {});
    assertEquals(await task.finish(retryAt(Date.now() + 3_600_000)), "failed");
    assertEquals((await other.get("x"))?.record.error?.code, "cancelled");
  });

  test("a cancel request never stops a later run", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    const task = await claimNext(queue);
    await task.start();
    const stop = new AbortController();
    const cancelling = other.cancel("x", stop.signal);
    await eventually("it is asked to stop", () => task.cancelled.aborted);
    stop.abort();
    await cancelling.catch(() => {});
    await task.finish(FAILED);
    await other.retry("x", { fresh: false });
    const again = await claimNext(queue);
    await again.start();
    assertEquals(again.cancelled.aborted, false);
    assertEquals(await again.finish({ kind: "interrupted" }), "pending");
  });

  test("retry() of one task by many begins one new run", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "x" }));
    await runTo(queue, FAILED);
    const answers = await Promise.all(
      Array.from(
        { length: 8 },
        (_, i) => (i % 2 ? queue : other).retry("x", { fresh: false }).catch(() => undefined),
      ),
    );
    assert(answers.some((answer) => answer?.ok));
    const second = await claimNext(queue);
    assertEquals(second.record.run, 2);
    await second.finish(DONE);
    assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 0 });
  });

  test("outstanding() forgets a retry whose time has come or who was cancelled", async ({ queue, other }) => {
    await queue.enqueue(request({ id: "soon" }));
    await runTo(queue, retryAt(Date.now() + 200));
    await queue.enqueue(request({ id: "never" }));
    await runTo(queue, retryAt(Date.now() + 3_600_000));
    assertEquals((await other.outstanding()).retrying, 2);
    await eventually("one is due", async () => (await other.outstanding()).due === 1);
    assertEquals((await other.outstanding()).retrying, 1);
    await other.cancel("never");
    assertEquals((await other.outstanding()).retrying, 0);
    await runTo(queue, DONE);
    assertEquals(await other.outstanding(), { running: 0, due: 0, retrying: 0, scheduled: 0 });
  });
}
