import { assert, assertEquals } from "@std/assert";
import type { AgentOutcome } from "../../../lib/agent/run_agent.ts";
import { LeaseLost, NotStarted } from "../../../lib/queue/task_queue.ts";
import { DurabilityLost } from "../../../lib/disk/flusher.ts";
import { type RunnerParts, runTask } from "../../../lib/service/runner.ts";
import { StorageProblem } from "../../../lib/storage_problem.ts";
import { backoffDelay } from "../../../lib/task/retry_policy.ts";
import { CapturedLog } from "../../support/captured_log.ts";
import { FakeTask } from "./service_rooms_fixture.ts";

const NOW = Date.UTC(2026, 0, 1);
const USAGE = {
  input_tokens: 1,
  output_tokens: 1,
  model_calls: 1,
  tool_calls: 0,
  estimated: false,
};
const ERROR = { code: "model_unavailable", message: "The server said 503." } as const;

function parts(outcome: AgentOutcome | Error, more: Partial<RunnerParts> = {}): RunnerParts {
  return {
    run: async (task) => {
      await task.start();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    durability: () => undefined,
    stopping: new AbortController().signal,
    abandon: new AbortController().signal,
    now: () => NOW,
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    ...more,
  };
}

async function endingOf(outcome: AgentOutcome | Error, fields = {}): Promise<unknown> {
  const task = new FakeTask(fields);
  await runTask(parts(outcome), task);
  assertEquals(task.calls, ["start", "finish"]);
  return JSON.parse(JSON.stringify(task.endings[0]));
}

Deno.test("a result, a failure and an interruption are put away as they are", async () => {
  const done = { kind: "completed", result: "r", artifacts: ["a"], usage: USAGE } as const;
  const failed = { kind: "failed", error: ERROR, usage: USAGE } as const;
  assertEquals(await endingOf({ ...done, artifacts: ["a"] }), done);
  assertEquals(await endingOf(failed), failed);
  assertEquals(await endingOf({ kind: "interrupted" }), { kind: "interrupted" });
});

Deno.test("a cancelled run fails with the code cancelled and its usage", async () => {
  assertEquals(await endingOf({ kind: "cancelled", usage: USAGE }), {
    kind: "failed",
    error: { code: "cancelled", message: "The task was cancelled." },
    usage: USAGE,
  });
});

Deno.test("a retry comes back after a jittered wait, or after what the server asked for", async () => {
  const retry = { kind: "retry", error: ERROR, uses_attempt: true, usage: USAGE } as const;
  const at = async (outcome: AgentOutcome, fields = {}) =>
    (await endingOf(outcome, fields) as { retry_at: number }).retry_at - NOW;
  assertEquals(await at(retry), backoffDelay(1, 0.5));
  assertEquals(await at(retry, { attempt: 2 }), backoffDelay(2, 0.5));
  assertEquals(
    await at({ ...retry, retry_after_ms: 86_400_000 }),
    86_400_000 + Math.min(1_000, backoffDelay(1, 0.5)),
  );
});

Deno.test("a retry with no attempt left fails and says how many there were", async () => {
  const retry = { kind: "retry", error: ERROR, uses_attempt: true, usage: USAGE } as const;
  assertEquals(await endingOf(retry, { attempt: 3 }), {
    kind: "failed",
    error: { code: "model_unavailable", message: "The server said 503. (attempt 3 of 3)" },
    usage: USAGE,
  });
});

Deno.test("a 429 uses up no attempt, even the last", async () => {
  const limited = { kind: "retry", error: ERROR, uses_attempt: false, usage: USAGE } as const;
  const ending = await endingOf(limited, { attempt: 3 }) as { kind: string; uses_attempt: boolean };
  assertEquals([ending.kind, ending.uses_attempt], ["retry", false]);
});

Deno.test("an unexpected error uses up an attempt and is told as internal", async () => {
  const ending = await endingOf(new Error("a bug")) as Record<string, unknown>;
  assertEquals([ending["kind"], ending["uses_attempt"]], ["retry", true]);
  assertEquals(ending["error"], { code: "internal", message: "a bug" });
  assertEquals(await endingOf(new Error("a bug"), { attempt: 3 }), {
    kind: "failed",
    error: { code: "internal", message: "a bug (attempt 3 of 3)" },
  });
});

Deno.test("a storage that takes nothing for now is not the task's fault, whoever met it", async () => {
  const full = new StorageProblem("no memory left");
  for (const error of [full, new Error("the artifact was not kept", { cause: full })]) {
    const ending = await endingOf(error, { attempt: 3 }) as Record<string, unknown>;
    assertEquals([ending["kind"], ending["uses_attempt"]], ["retry", false]);
  }
});

Deno.test("an ending that is not taken again and again is told of once", async () => {
  await using log = await CapturedLog.start();
  const task = new FakeTask();
  const full = () => new StorageProblem("no memory left");
  task.failFinish.push(full(), full(), new StorageProblem("it is loading"), full());
  await runTask(parts({ kind: "interrupted" }), task);
  assertEquals(log.about("could not be saved").map((line) => line.replace(/.*: /, "")), [
    "no memory left",
    "it is loading",
    "no memory left",
  ]);
});

Deno.test("a task that the disk did not let start comes back and has lost no attempt", async () => {
  const task = new FakeTask({ attempt: 3 });
  task.failStart.push(new NotStarted("no space left on device"));
  await runTask(parts({ kind: "interrupted" }), task);
  assertEquals(task.calls, ["start", "finish"]);
  const [ending] = task.endings;
  assert(ending?.kind === "retry");
  assertEquals(ending.uses_attempt, false);
});

Deno.test("an ending that the disk does not take is tried until it does", async () => {
  const task = new FakeTask();
  task.failFinish.push(new Error("no space left on device"), new Error("no space left on device"));
  const pauses: number[] = [];
  const sleep = (ms: number) => {
    pauses.push(ms);
    return Promise.resolve();
  };
  await runTask(parts({ kind: "interrupted" }, { sleep }), task);
  assertEquals(task.calls, ["start", "finish", "finish", "finish"]);
  assertEquals([pauses, task.endings], [[1_000, 1_000], [{ kind: "interrupted" }]]);
});

Deno.test("an ending that cannot be saved before the service must go is left to recovery", async () => {
  const task = new FakeTask();
  task.failFinish.push(new Error("no space left on device"));
  await runTask(parts({ kind: "interrupted" }, { abandon: AbortSignal.abort() }), task);
  assertEquals(task.calls, ["start", "finish", "abandon"]);
});

Deno.test("nothing is decided any more once the disk has lost a flush", async () => {
  const lost = new DurabilityLost("lost");
  const task = new FakeTask();
  await runTask(parts(lost, { durability: () => lost }), task);
  assertEquals(task.calls, ["start", "abandon"]);
  const second = new FakeTask();
  second.failFinish.push(lost);
  await runTask(parts({ kind: "interrupted" }, { durability: () => lost }), second);
  assertEquals(second.calls, ["start", "finish", "abandon"]);
});

Deno.test("a task that another service may hold by now is dropped without an ending", async () => {
  const task = new FakeTask();
  await runTask(
    parts({ kind: "interrupted" }, {
      run: async (_, { abandon }) => {
        assert(!abandon.aborted);
        task.lose();
        assert(abandon.aborted);
        await Promise.resolve();
        return { kind: "completed", result: "r", artifacts: [], usage: USAGE };
      },
    }),
    task,
  );
  assertEquals(task.calls, ["abandon"]);
});

Deno.test("what a run meets once its lease is lost is no failure of the task", async () => {
  const task = new FakeTask();
  await runTask(parts(new LeaseLost("x")), task);
  assertEquals(task.calls, ["start", "abandon"]);
});

Deno.test("an ending that comes too late is not tried again", async () => {
  const task = new FakeTask();
  task.failFinish.push(new LeaseLost("x"));
  const done = { kind: "completed", result: "r", artifacts: [], usage: USAGE } as const;
  await runTask(parts({ ...done, artifacts: [] }), task);
  assertEquals(task.calls, ["start", "finish", "abandon"]);
});

Deno.test("an ending that could not be saved is not tried again once the lease is lost", async () => {
  const task = new FakeTask();
  task.failFinish.push(new Error("the server is gone"), new Error("still"));
  const done = { kind: "completed", result: "r", artifacts: [], usage: USAGE } as const;
  const sleep = () => Promise.resolve(task.lose());
  await runTask(parts({ ...done, artifacts: [] }, { sleep }), task);
  assertEquals(task.calls, ["start", "finish", "finish", "abandon"]);
});
