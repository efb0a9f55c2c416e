import { assert, assertEquals } from "@std/assert";
import { recoverContinuously, recoverOnce } from "../../../lib/service/recoverer.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { CapturedLog } from "../../support/captured_log.ts";
import { fakeJournals, fakeQueue, FakeTask } from "./service_rooms_fixture.ts";

const at = "2026-01-01T00:00:00.000Z";
const started = (instance: string): JournalEntry => ({
  at,
  type: "tool_started",
  step: 1,
  call_id: instance,
  name: "t",
  arguments: "{}",
  effects: "once",
  pid: 42,
  instance,
});
const finished = (call_id: string): JournalEntry => ({
  at,
  type: "tool_finished",
  step: 1,
  call_id,
  output: "o",
  duration_ms: 1,
});

async function recover(
  task: FakeTask,
  entries: readonly JournalEntry[],
  reap: (process: { pid: number; instance: string }) => Promise<void> = () => Promise.resolve(),
) {
  const queue = fakeQueue({ orphans: () => Promise.resolve([task]) });
  await recoverOnce({ queue, journals: fakeJournals(entries), reap });
}

Deno.test("an orphan goes back with its progress and its journal's last sign of life", async () => {
  const task = new FakeTask();
  await recover(task, [started("a"), finished("a")]);
  const [ending] = task.endings;
  assert(ending?.kind === "crashed");
  assertEquals([ending.progress, ending.last_seen], [1, Date.parse(at)]);
});

Deno.test("an orphan with a journal of unreadable times is recovered all the same", async () => {
  const task = new FakeTask();
  await recover(task, [{ ...finished("a"), at: "yesterday" }]);
  const [ending] = task.endings;
  assert(ending?.kind === "crashed");
  assertEquals(ending.last_seen, Date.parse(task.record.started_at));
});

Deno.test("open tool calls are ended before the task may run again", async () => {
  const task = new FakeTask();
  const story: string[] = [];
  await recover(task, [started("a"), finished("a"), started("b")], async ({ pid, instance }) => {
    await Promise.resolve();
    story.push(`reaped ${pid}/${instance}, ended: ${task.endings.length}`);
  });
  assertEquals(story, ["reaped 42/b, ended: 0"]);
  assertEquals(task.endings.length, 1);
});

Deno.test("a tool process that cannot be ended keeps the task from running again", async () => {
  const task = new FakeTask();
  await recover(task, [started("a")], () => Promise.reject(new Error("did not end")));
  assertEquals([task.calls, task.endings], [["abandon"], []]);
});

Deno.test("the fourth interruption without a finished step is the last", async () => {
  const kinds = [];
  for (const interruptions of [0, 1, 2, 3]) {
    const task = new FakeTask({ interruptions });
    await recover(task, []);
    kinds.push(task.endings[0]?.kind);
  }
  assertEquals(kinds, ["crashed", "crashed", "crashed", "failed"]);
  const poisonous = new FakeTask({ interruptions: 3 });
  await recover(poisonous, []);
  const [ending] = poisonous.endings;
  assert(ending?.kind === "failed");
  assertEquals(ending.error, {
    code: "service_crashed",
    message: "The service died 4 times while it ran this task, without a finished step in " +
      "between. Nothing repeats it by itself any more.",
  });
  const alive = new FakeTask({ interruptions: 3, progress: 1 });
  await recover(alive, [started("a"), finished("a"), finished("b")]);
  assertEquals(alive.endings[0]?.kind, "crashed");
});

Deno.test("recovery goes on after an error, and one bad task does not keep the others", async () => {
  const stop = new AbortController();
  const [bad, good] = [new FakeTask(), new FakeTask()];
  bad.failFinish.push(new Error("no space left on device"));
  const passes = [
    () => Promise.reject(new Error("input/output error")),
    () => Promise.resolve([bad, good]),
  ];
  const sleep = () => {
    if (passes.length === 0) stop.abort();
    return Promise.resolve();
  };
  const orphans = () => passes.shift()?.() ?? Promise.resolve([]);
  const reap = () => Promise.resolve();
  await recoverContinuously(
    { queue: fakeQueue({ orphans }), journals: fakeJournals([]), reap, sleep },
    stop.signal,
  );
  assertEquals(bad.calls, ["finish", "abandon"]);
  assertEquals(good.endings.map(({ kind }) => kind), ["crashed"]);
});

Deno.test("what keeps a task from being recovered is told once for as long as it is the same", async () => {
  await using log = await CapturedLog.start();
  const stop = new AbortController();
  const bad = new FakeTask();
  const faults = ["no space", "no space", "no space", "input/output error"];
  bad.failFinish.push(...faults.map((fault) => new Error(fault)));
  let passes = faults.length;
  const orphans = () => Promise.resolve(passes-- > 0 ? [bad] : []);
  const sleep = async () => {
    // The recovery that was begun ends before the next look.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    if (passes <= 0) stop.abort();
  };
  const reap = () => Promise.resolve();
  await recoverContinuously(
    { queue: fakeQueue({ orphans }), journals: fakeJournals([]), reap, sleep },
    stop.signal,
  );
  assertEquals(bad.calls.filter((call) => call === "finish").length, faults.length);
  assertEquals(log.about("could not be recovered").length, 2);
});

/** The pauses of a recoverer whose looks find these numbers of other services, one after another. */
async function pausesBeside(others: readonly boolean[]): Promise<number[]> {
  const stop = new AbortController();
  const left = [...others];
  const pauses: number[] = [];
  const sleep = (milliseconds: number) => {
    pauses.push(milliseconds);
    if (left.length === 0) stop.abort();
    return Promise.resolve();
  };
  const presence = {
    hasOthers: () => Promise.resolve(left.shift() ?? false),
    watch: () => ({ close: () => {} }),
  };
  const queue = fakeQueue({ orphans: () => Promise.resolve([]) });
  const reap = () => Promise.resolve();
  const journals = fakeJournals([]);
  const owner = { service_id: "s" };
  await recoverContinuously({ queue, journals, reap, sleep, presence, owner }, stop.signal);
  return pauses;
}

Deno.test("recovery looks twice a second beside another service, and seldom alone", async () => {
  assertEquals(await pausesBeside([true, true]), [500, 500]);
  assertEquals(await pausesBeside([false, false, false]), [500, 5_000, 5_000]);
});

Deno.test("recovery looks once more soon after the last other service has gone", async () => {
  // Of a process that is being killed its service file can be free before its tasks are.
  assertEquals(await pausesBeside([false, false, true, false, false]), [
    500,
    5_000,
    500,
    500,
    5_000,
  ]);
});

Deno.test("recovery that is alone looks at once when a service comes", async () => {
  const stop = new AbortController();
  let come = () => {};
  const story: string[] = [];
  const presence = {
    hasOthers: () => Promise.resolve(false),
    watch: (onChange: () => void) => {
      come = onChange;
      return { close: () => story.push("closed") };
    },
  };
  const orphans = () => {
    story.push("look");
    return Promise.resolve([]);
  };
  const sleep = (_: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal?.addEventListener("abort", () => resolve(), { once: true });
      story.push("asleep");
      if (story.length === 2) come();
      else stop.abort();
    });
  const parts = { journals: fakeJournals([]), reap: () => Promise.resolve(), sleep, presence };
  await recoverContinuously({ queue: fakeQueue({ orphans }), ...parts }, stop.signal);
  assertEquals(story, ["look", "asleep", "look", "asleep", "closed"]);
});
