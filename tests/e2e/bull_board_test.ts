/** The queue in bull-board: what it shows of our tasks, and what its buttons do to them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { OpenQueue } from "../lib/queue/bullmq/bullmq_scene.ts";
import { claimNext, FAILED, request, runTo, USAGE } from "../lib/queue/contract_fixture.ts";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import type { Ending } from "../../lib/task/transitions.ts";
import { Browser, BROWSER_MISSING } from "../support/browser.ts";
import { type BoardState, BullBoard } from "../support/bull_board.ts";
import { eventually } from "../support/eventually.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";

const HOUR_MS = 3_600_000;
const RESULT = "It is 4 °C with light rain in Oslo. Take an umbrella.";
const SUNNY: Ending = { kind: "completed", result: RESULT, artifacts: [], usage: USAGE };
const REASON = "The model server does not answer (connection refused).";
const REFUSED: Ending = {
  kind: "failed",
  error: { code: "model_unavailable", message: REASON },
  usage: USAGE,
};

/** A queue, and a board on it. */
async function withBoard(
  test: (open: OpenQueue, board: BullBoard) => Promise<void>,
): Promise<void> {
  await using server = await RedisServer.start({ durable: false });
  await using board = await BullBoard.start(server.url);
  await using open = await OpenQueue.open(server.url);
  await test(open, board);
}

/** Tasks of every kind; the one that runs is given back. */
async function fill({ queue }: OpenQueue): Promise<ClaimedTask> {
  const later = new Date(Date.now() + HOUR_MS).toISOString();
  await queue.enqueue(request({ id: "oslo", title: "Weather in Oslo", priority: 50 }));
  await runTo(queue, SUNNY);
  await queue.enqueue(request({ id: "report", title: "Read the report" }));
  await runTo(queue, REFUSED);
  await queue.enqueue(request({ id: "never", title: "Never mind" }));
  await queue.cancel("never");
  await queue.enqueue(request({ id: "again", title: "Tried again later" }));
  await runTo(queue, {
    kind: "retry",
    retry_at: Date.now() + HOUR_MS,
    error: { code: "model_unavailable", message: REASON },
    uses_attempt: true,
  });
  await queue.enqueue(request({ id: "flights", title: "Compare flights" }));
  const running = await claimNext(queue);
  await running.start();
  await queue.enqueue(request({ id: "42", title: "Sum up the week" }));
  await queue.enqueue(request({ id: "news", title: "Morning news", run_at: later }));
  return running;
}

testWithRedis("bull-board's API has every task with its name, state, data and result", async () => {
  await withBoard(async (open, board) => {
    const running = await fill(open);
    assertEquals(await board.counts(), {
      active: 1,
      completed: 1,
      delayed: 2,
      failed: 2,
      prioritized: 1,
    });
    const titles: Record<string, string> = {};
    for (const { id, name } of Object.values(await board.jobs("latest"))) titles[id] = name;
    assertEquals(titles, {
      _42: "Sum up the week",
      again: "Tried again later",
      flights: "Compare flights",
      never: "Never mind",
      news: "Morning news",
      oslo: "Weather in Oslo",
      report: "Read the report",
    });
    const { oslo } = await board.jobs("completed");
    assertEquals([oslo?.returnValue, oslo?.isFailed], [RESULT, false]);
    assertEquals([oslo?.data["prompt"], oslo?.data["result"]], ["What is 17*23?", RESULT]);
    const { report, never } = await board.jobs("failed");
    assertEquals([report?.failedReason, report?.isFailed], [REASON, true]);
    assertEquals(report?.data["error"], {
      code: "model_unavailable",
      message: REASON,
      attempt: 1,
    });
    assertEquals(never?.failedReason, "The task was cancelled.");
    // Of one that was never fetched it would show the days since 1970.
    for (const { timestamp, processedOn = 0, finishedOn = 0 } of [oslo!, report!, never!]) {
      assert(timestamp <= processedOn && processedOn <= finishedOn);
    }
    assertEquals((await board.jobs("active"))["flights"]?.data["service_id"], "service-a");
    assertEquals(Object.keys(await board.jobs("delayed")).sort(), ["again", "news"]);
    // Its service waits for more.
    const waiting = new AbortController();
    const others = [await claimNext(open.queue), open.queue.claim(waiting.signal)] as const;
    await eventually(
      "the service is among the workers",
      async () => (await board.workers()).includes("service-a"),
    );
    waiting.abort();
    await others[1];
    for (const task of [others[0], running]) await task.finish(SUNNY);
    assertEquals((await board.counts())["completed"], 3);
  });
});

testWithRedis(
  "a task that is retried in bull-board begins a new run, and tells of it",
  async () => {
    await withBoard(async (open, board) => {
      const { queue, notifications } = open;
      for (const id of ["one", "two", "three"]) {
        await queue.enqueue(request({ id }));
        await runTo(queue, FAILED);
      }
      await queue.retry("three", { fresh: false });
      await board.press("one/retry");
      // Of what failed there is one left.
      await board.press("retry/failed");
      for (const id of ["three", "one", "two"]) {
        assertEquals((await queue.get(id))?.state, "pending");
      }
      const records = [];
      for (let n = 0; n < 3; n++) {
        const task = await claimNext(queue);
        await task.start();
        assertEquals(await task.finish(SUNNY), "completed");
        records.push(task.record);
      }
      for (const { id, run, attempt, attempts, error, finished_at } of records) {
        assertEquals([id, run, attempt, error, finished_at], [id, 2, 1, undefined, undefined]);
        assertEquals(attempts.map(({ outcome }) => outcome), ["failed", undefined]);
      }
      assertEquals(records.map(({ id }) => id).sort(), ["one", "three", "two"]);
      const told = (await notifications.unread("c1")).map(({ id }) => id).sort();
      assertEquals(told, [
        "one-completed-2",
        "one-failed",
        "three-completed-2",
        "three-failed",
        "two-completed-2",
        "two-failed",
      ]);
      assertEquals(await board.counts(), { completed: 3 });
    });
  },
);

testWithRedis(
  "a task that is promoted in bull-board runs at once, whatever it waits for",
  async () => {
    await withBoard(async (open, board) => {
      const { queue } = open;
      await queue.enqueue(request({ id: "again" }));
      await runTo(queue, {
        kind: "retry",
        retry_at: Date.now() + HOUR_MS,
        error: { code: "model_unavailable", message: REASON },
        uses_attempt: true,
      });
      const run_at = new Date(Date.now() + HOUR_MS).toISOString();
      for (const id of ["later", "much-later"]) await queue.enqueue(request({ id, run_at }));
      assertEquals(await queue.outstanding(), { running: 0, due: 0, retrying: 1, scheduled: 2 });
      await board.press("again/promote");
      assertEquals((await runTo(queue, SUNNY)).record.attempt, 2);
      await board.press("later/promote");
      assertEquals((await runTo(queue, SUNNY)).record.id, "later");
      await board.press("promote");
      assertEquals((await runTo(queue, SUNNY)).record.id, "much-later");
      assertEquals(await board.counts(), { completed: 3 });
    });
  },
);

testWithRedis("bull-board's other buttons do to tasks what they say", async () => {
  await withBoard(async (open, board) => {
    const { queue, notifications } = open;
    await board.press("pause");
    const claim = claimNext(queue);
    for (const id of ["edited", "removed", "first"]) await queue.enqueue(request({ id }));
    await board.press("removed/clean");
    await board.press("edited/update-data", {
      method: "PATCH",
      body: { jobData: request({ prompt: "Why?" }) },
    });
    await board.press("first/priority", { method: "PATCH", body: { priority: 1 } });
    assertEquals(await queue.get("removed"), undefined);
    assertEquals(await queue.outstanding(), { running: 0, due: 2, retrying: 0, scheduled: 0 });
    await board.press("resume");
    const first = await claim;
    assertEquals(first.record.id, "first");
    // What runs is not to be removed.
    const refused = await board.press("first/clean").catch((error) => String(error));
    assertMatch(String(refused), /409/);
    await first.finish(SUNNY);
    assertEquals((await runTo(queue, SUNNY)).record.prompt, "Why?");
    const [job] = Object.values(await board.jobs("completed"));
    // A copy, as its form for a new job begins with: it still has the old one's id.
    await board.press("add", {
      method: "POST",
      body: { name: "task", data: job?.data, options: {} },
    });
    await board.press("add", {
      method: "POST",
      body: { name: "task", data: request(), options: {} },
    });
    const added = await runTo(queue, SUNNY);
    assertMatch(added.record.id, /^\d+$/);
    const [copy] = await queue.list({ states: ["failed"], limit: 2 });
    assertEquals(copy?.record.error?.code, "invalid_task");
    assertMatch(copy?.record.error?.message ?? "", /id/);
    assertEquals((await notifications.unread("c1")).length, 4);
  });
});

const declare = BROWSER_MISSING === "" ? testWithRedis : leaveOut;

function leaveOut(name: string, body: () => Promise<void>): void {
  Deno.test({ name: name + BROWSER_MISSING, ignore: true, fn: body });
}

declare("a person sees the tasks in bull-board, and retries what failed", async () => {
  await withBoard(async (open, board) => {
    const running = await fill(open);
    await using browser = await Browser.start();
    const sees = async (state: BoardState, ...words: string[]) => {
      await browser.open(board.tab(state));
      return await browser.shows(...words);
    };
    await sees("completed", "oslo", "Weather in Oslo", "What is 17*23?", RESULT);
    await sees("active", "flights", "Compare flights", "service-a");
    await sees("delayed", "Morning news", "Tried again later", "Will run at");
    await sees("prioritized", "_42", "Sum up the week");
    const text = await sees("failed", "Read the report", REASON, "The task was cancelled.");
    assertEquals(text.includes("days"), false);
    // An empty page has a fifth of that.
    assert((await browser.screenshot()).length > 20_000);
    await browser.press("Retry all");
    await browser.press("Confirm");
    await browser.shows("No failed jobs in this queue.");
    await running.finish(SUNNY);
    const runs: Record<string, number> = {};
    for (let n = 0; n < 3; n++) {
      const { record } = await runTo(open.queue, SUNNY);
      runs[record.id] = record.run;
    }
    assertEquals(runs, { 42: 1, never: 2, report: 2 });
  });
});
