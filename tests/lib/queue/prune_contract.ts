/** What every engine owes those who remove ended tasks. */
import { assert, assertEquals } from "@std/assert";
import type { TaskQueue } from "../../../lib/queue/task_queue.ts";
import {
  claimNext,
  type DeclareTest,
  DONE,
  FAILED,
  type QueueUnderTest,
  request,
  runTo,
} from "./contract_fixture.ts";

/** One task that has ended and was shown. */
async function endedAndShown({ queue, show }: QueueUnderTest, ending = DONE): Promise<void> {
  await queue.enqueue(request({ id: "x" }));
  await runTo(queue, ending);
  await show("c1");
}

const reasonOf = async (answer: ReturnType<TaskQueue["prune"]>) => {
  const { ok, reason } = { reason: undefined, ...await answer };
  return ok ? "pruned" : reason;
};

export function testPrunes(test: DeclareTest): void {
  test("prune() removes an ended task, and its id is free", async (parts) => {
    const { queue, other } = parts;
    for (const ending of [DONE, FAILED]) {
      await endedAndShown(parts, ending);
      const answer = await other.prune("x");
      assert(answer.ok);
      assertEquals(answer.task.record.id, "x");
      assertEquals(answer.task.state, ending.kind);
      assertEquals(await queue.get("x"), undefined);
      assertEquals(await queue.list({ limit: 10 }), []);
      assertEquals(await queue.prune("x"), { ok: false, reason: "unknown" });
    }
  });

  test("a task of a pruned id is a new one, and its end is told", async (parts) => {
    const { queue, unread } = parts;
    await endedAndShown(parts);
    const before = await queue.get("x");
    await queue.prune("x");
    assertEquals((await queue.enqueue(request({ id: "x" }))).created, true);
    const again = await runTo(queue, DONE);
    assertEquals([again.record.run, again.record.attempts.length], [1, 1]);
    assert(again.record.incarnation !== before?.record.incarnation);
    assertEquals((await unread("c1")).map(({ id }) => id), ["x-completed"]);
  });

  test("prune() leaves a task that has not ended", async ({ queue }) => {
    await queue.enqueue(request({ id: "x" }));
    assertEquals(await reasonOf(queue.prune("x", { unread: true })), "wrong_state");
    const task = await claimNext(queue);
    await task.start();
    assertEquals(await reasonOf(queue.prune("x", { unread: true })), "wrong_state");
    assertEquals(await task.finish(DONE), "completed");
  });

  test("prune() leaves a task that ended later than was asked for", async (parts) => {
    const { queue } = parts;
    await endedAndShown(parts);
    const ended = Date.parse((await queue.get("x"))?.record.finished_at ?? "");
    assertEquals(await reasonOf(queue.prune("x", { ended_before: ended })), "too_young");
    assert(await queue.get("x") !== undefined);
    assertEquals(await reasonOf(queue.prune("x", { ended_before: ended + 1 })), "pruned");
  });

  test("prune() leaves a task that was never shown, unless that is asked for", async (parts) => {
    const { queue, unread } = parts;
    await queue.enqueue(request({ id: "x" }));
    await runTo(queue, FAILED);
    assertEquals(await reasonOf(queue.prune("x")), "unread");
    assertEquals((await unread("c1")).map(({ id }) => id), ["x-failed"]);
    assertEquals(await reasonOf(queue.prune("x", { unread: true })), "pruned");
    assertEquals(await unread("c1"), []);
  });

  test("prune() looks at the notifications of all runs, and removes them all", async (parts) => {
    const { queue, unread, show } = parts;
    await queue.enqueue(request({ id: "x" }));
    await runTo(queue, FAILED);
    await queue.retry("x", { fresh: false });
    await show("c1");
    await runTo(queue, FAILED);
    await queue.retry("x", { fresh: true });
    await runTo(queue, DONE);
    // Those of one millisecond are in no order.
    const ids = (await unread("c1")).map(({ id }) => id).sort();
    assertEquals(ids, ["x-completed-3", "x-failed-2"]);
    assertEquals(await reasonOf(queue.prune("x")), "unread");
    await show("c1");
    assertEquals(await reasonOf(queue.prune("x")), "pruned");
    await queue.enqueue(request({ id: "x" }));
    for (let run = 1; run <= 3; run++) {
      await runTo(queue, FAILED);
      await queue.retry("x", { fresh: false });
    }
    assertEquals((await unread("c1")).map(({ id }) => id), [
      "x-failed",
      "x-failed-2",
      "x-failed-3",
    ]);
  });

  test("prune() by many at once removes a task once", async (parts) => {
    const { queue, other } = parts;
    await endedAndShown(parts);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => reasonOf((i % 2 ? queue : other).prune("x"))),
    );
    assertEquals(answers.filter((answer) => answer === "pruned").length, 1, answers.join());
    assertEquals(await queue.get("x"), undefined);
  });

  test("prune() and retry() of one task: one of them wins", async (parts) => {
    const { queue, other } = parts;
    await endedAndShown(parts, FAILED);
    const [pruned, retried] = await Promise.all([
      reasonOf(queue.prune("x")),
      other.retry("x", { fresh: false }).then((answer) => answer.ok),
    ]);
    const task = await queue.get("x");
    assertEquals(pruned === "pruned", task === undefined);
    assertEquals(retried, task?.state === "pending");
  });
}
