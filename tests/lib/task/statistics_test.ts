import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { withDefaults } from "../../../lib/task/parse_record.ts";
import { type Task, type TaskState } from "../../../lib/task/record.ts";
import { percentilesOf, StatisticsCollector } from "../../../lib/task/statistics.ts";

const NOW = Date.parse("2026-01-31T12:00:00.000Z");
const at = (ago_seconds: number) => new Date(NOW - ago_seconds * 1000).toISOString();
const usage = {
  input_tokens: 100,
  output_tokens: 10,
  model_calls: 2,
  tool_calls: 1,
  estimated: false,
};

function task(state: TaskState, fields: Record<string, unknown> = {}): Task {
  const request = { conversation_id: "c1", prompt: "p", created_at: at(1000) };
  return { state, record: { ...withDefaults("t1", request, NOW), ...fields } };
}

function attempt(started: number, outcome: string) {
  return { run: 1, attempt: 1, service_id: "s1", started_at: at(started), outcome };
}

function statistics(tasks: readonly Task[]) {
  const collector = new StatisticsCollector(NOW);
  for (const task of tasks) collector.add(task);
  return collector.summary();
}

Deno.test("statistics of nothing say so", () => {
  const { states, success_rate, pick_up_ms, run_ms, days } = statistics([]);
  assertEquals(states, { pending: 0, running: 0, completed: 0, failed: 0 });
  assertEquals([success_rate, pick_up_ms, run_ms, days], [null, null, null, []]);
});

Deno.test("statistics count states, codes, days and tokens, and leave cancelled ones out of the rate", () => {
  const done = {
    finished_at: at(60),
    duration_ms: 500,
    usage,
    attempts: [attempt(990, "completed")],
  };
  const yesterday = { ...done, finished_at: at(23 * 3600) };
  const failed = (code: string) => ({
    finished_at: at(60),
    duration_ms: 100,
    usage: { ...usage, estimated: true },
    error: { code, message: "" },
    attempts: [attempt(980, "failed")],
  });
  const all = statistics([
    task("pending"),
    task("running", { started_at: at(1) }),
    task("completed", done),
    task("completed", yesterday),
    task("completed", { ...done, finished_at: at(100 * 3600) }),
    task("failed", failed("timeout")),
    task("failed", failed("cancelled")),
  ]);
  assertEquals(all.states, { pending: 1, running: 1, completed: 3, failed: 2 });
  assertEquals(all.success_rate, 0.75);
  assertEquals([all.ended_last_hour, all.ended_last_day], [3, 4]);
  assertEquals(all.errors, { timeout: 1, cancelled: 1 });
  assertEquals(all.days, [
    {
      day: "2026-01-31",
      completed: 1,
      failed: 1,
      cancelled: 1,
      input_tokens: 300,
      output_tokens: 30,
    },
    {
      day: "2026-01-30",
      completed: 1,
      failed: 0,
      cancelled: 0,
      input_tokens: 100,
      output_tokens: 10,
    },
    {
      day: "2026-01-27",
      completed: 1,
      failed: 0,
      cancelled: 0,
      input_tokens: 100,
      output_tokens: 10,
    },
  ]);
  assertEquals([all.usage.input_tokens, all.usage.estimated], [500, true]);
  assertEquals(all.run_ms, { count: 5, p50: 500, p90: 500, p99: 500, max: 500 });
});

Deno.test("a pick-up counts from when a task could run to its first start", () => {
  const late = { run_at: at(500), attempts: [attempt(499, "retry"), attempt(100, "completed")] };
  const ahead = { created_at: at(-50), attempts: [attempt(10, "completed")] };
  const cancelled = {
    attempts: [attempt(1, "cancelled")],
    error: { code: "cancelled", message: "" },
    usage: { ...usage, model_calls: 0 },
    duration_ms: 0,
  };
  const all = statistics([
    task("completed", late),
    task("completed", ahead),
    task("failed", cancelled),
    task("running", { started_at: at(997) }),
  ]);
  assertEquals(all.pick_up_ms, { count: 2, p50: 1000, p90: 3000, p99: 3000, max: 3000 });
  assertEquals(all.run_ms, null);
});

Deno.test("attempts that ended no task are counted by their outcome, runs by hand apart", () => {
  const outcomes = ["retry", "retry", "rate_limited", "interrupted", "crashed", "completed"];
  const attempts = outcomes.map((outcome) => attempt(10, outcome));
  const all = statistics([task("completed", { attempts, run: 3 })]);
  assertEquals(all.attempts, { retry: 2, rate_limited: 1, interrupted: 1, crashed: 1 });
  assertEquals(all.reruns, 2);
});

Deno.test("a percentile is the smallest value that so many of all do not exceed", () => {
  assertEquals(percentilesOf([]), null);
  assertEquals(percentilesOf([7]), { count: 1, p50: 7, p90: 7, p99: 7, max: 7 });
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(percentilesOf(hundred), { count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: 0 }), { minLength: 1 }), (values) => {
      const { p50, p90, p99, max } = percentilesOf(values)!;
      for (const [percent, value] of [[50, p50], [90, p90], [99, p99], [100, max]] as const) {
        const within = values.filter((other) => other <= value).length;
        const below = values.filter((other) => other < value).length;
        if (within * 100 < percent * values.length) return false;
        if (below * 100 >= percent * values.length) return false;
      }
      return true;
    }),
  );
});
