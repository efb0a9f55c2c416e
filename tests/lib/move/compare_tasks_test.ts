import { assertEquals } from "@std/assert";
import { compareTasks } from "../../../lib/move/compare_tasks.ts";
import type { Task, TaskState } from "../../../lib/task/record.ts";

const first = { run: 1, attempt: 1, service_id: "s", started_at: "2026-01-31T09:01:00.000Z" };
const second = { ...first, attempt: 2, started_at: "2026-01-31T09:05:00.000Z" };
const over = { ended_at: "2026-01-31T09:02:00.000Z", outcome: "retry" as const };

function task(state: TaskState, fields: Partial<Task["record"]> = {}): Task {
  const record = {
    version: 1 as const,
    id: "x",
    conversation_id: "c1",
    prompt: "p",
    title: "p",
    priority: 0,
    created_at: "2026-01-31T09:00:00.000Z",
    max_attempts: 3,
    timeout_seconds: 600,
    max_steps: 30,
    ...fields,
  };
  return { state, record };
}

const finished_at = "2026-01-31T09:06:00.000Z";
const staged = { to: "completed" as const, run: 1 };

/** A task's life, one step after the other. */
const LIFE: readonly Task[] = [
  task("pending"),
  task("running"),
  task("running", { incarnation: "i", attempts: [first] }),
  task("pending", { incarnation: "i", attempts: [{ ...first, ...over }] }),
  task("running", { incarnation: "i", attempts: [{ ...first, ...over }, second] }),
  task("running", { incarnation: "i", attempts: [first, { ...second, ...over }], staged }),
  task("failed", { incarnation: "i", attempts: [first, { ...second, ...over }], finished_at }),
  task("pending", { attempts: [first, { ...second, ...over }], finished_at }),
];

Deno.test("of two copies of one task the one that has come further counts", () => {
  for (const [i, source] of LIFE.entries()) {
    for (const [j, target] of LIFE.entries()) {
      assertEquals(compareTasks(source, target), i > j ? "behind" : "there", `${i} and ${j}`);
    }
  }
});

Deno.test("tasks of one id that were handed in twice, or began twice, are different ones", () => {
  const one = task("completed", { incarnation: "i", attempts: [first], finished_at });
  const others: Task[] = [
    task("pending", { created_at: "2026-01-31T09:00:00.001Z" }),
    task("pending", { prompt: "q" }),
    task("pending", { conversation_id: "c2" }),
    task("completed", { incarnation: "j", attempts: [first], finished_at }),
  ];
  for (const other of others) assertEquals(compareTasks(one, other), "other");
});
