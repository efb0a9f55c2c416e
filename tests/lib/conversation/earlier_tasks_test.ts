import { assert, assertEquals } from "@std/assert";
import { earlierTasks } from "../../../lib/conversation/earlier_tasks.ts";
import { exchangesOf } from "../../../lib/conversation/exchanges.ts";
import type { LogEntry, NewLogEntry } from "../../../lib/conversation/log_entry.ts";

const at = "2026-01-01T00:00:00.000Z";
const digest = (...entries: NewLogEntry[]) =>
  earlierTasks(exchangesOf(entries.map((e) => ({ at, ...e }) as LogEntry)));
const user: NewLogEntry = { role: "user", content: "go" };
const called = (name: string, ...ids: string[]): NewLogEntry => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name, arguments: "{}" } })),
});
const answered = (tool_call_id: string, content: unknown): NewLogEntry => ({
  role: "tool",
  tool_call_id,
  content: typeof content === "string" ? content : JSON.stringify(content),
});
const ended = (task_id: string, fields: Record<string, unknown> = {}): NewLogEntry => ({
  role: "notification",
  notification: {
    version: 1,
    id: `${task_id}-completed`,
    conversation_id: "c1",
    task_id,
    event: "completed",
    title: `Title of ${task_id}`,
    message: "First line.\nSecond line.",
    created_at: at,
    ...fields,
  },
});

Deno.test("earlierTasks() has what was scheduled, how it ended, and what was done again", () => {
  const { tasks, left_out } = digest(
    user,
    called("schedule_background_task", "a", "b", "c"),
    answered("a", { id: "t1", title: "One", state: "pending" }),
    answered("b", { id: "t2", title: "Two", state: "pending" }),
    answered("c", { error: "no" }),
    called("get_background_task", "a"),
    answered("a", { id: "t9", title: "Only looked at" }),
    ended("t1"),
    ended("t3", { summary: "Its own summary", event: "failed" }),
    user,
    called("retry_background_task", "a"),
    answered("a", { id: "t3", title: "Three", state: "pending" }),
    ended("t4"),
  );
  assertEquals(tasks, [
    { id: "t1", title: "Title of t1", state: "completed", summary: "First line." },
    { id: "t2", title: "Two", state: "scheduled" },
    { id: "t3", title: "Three", state: "scheduled" },
  ]);
  assertEquals(left_out, 0);
});

Deno.test("earlierTasks() takes nothing from answers that are no JSON of ours", () => {
  const { tasks } = digest(
    user,
    called("schedule_background_task", "a", "b", "c"),
    answered("a", "not json"),
    answered("b", "null"),
    answered("c", { id: 7 }),
    answered("d", { id: "t1" }),
  );
  assertEquals(tasks, []);
});

Deno.test("earlierTasks() is bounded: the oldest are left out and counted", () => {
  const many = Array.from({ length: 200 }, (_, n) => ended(`t${n}`, { summary: "s".repeat(200) }));
  const { tasks, left_out } = digest(...many, user);
  assert(JSON.stringify(tasks).length < 12_500);
  assertEquals([tasks.length + left_out, tasks.at(-1)?.id], [200, "t199"]);
});
