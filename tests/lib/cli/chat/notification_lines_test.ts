import { assert, assertEquals } from "@std/assert";
import { notificationLines } from "../../../../lib/cli/chat/notification_lines.ts";
import { roomForLine, textOf } from "../../../../lib/cli/styled_line.ts";
import type { Notification } from "../../../../lib/task/notification.ts";

function ended(
  task_id: string,
  message: string,
  event: Notification["event"] = "completed",
): Notification {
  return {
    version: 1,
    id: `${task_id}-${event}`,
    conversation_id: "c1",
    task_id,
    event,
    title: `Task ${task_id}`,
    message,
    created_at: "2026-01-01T00:00:00.000Z",
  };
}

const shown = (batch: readonly Notification[], columns = 40, when = "") =>
  notificationLines(batch, { columns, color: false }, when).map(textOf);

Deno.test("one by itself is whole where it is short, begun where it is long", () => {
  assertEquals(shown([ended("t1", "It is **12** degrees\n\n- windy")]), [
    "✓ Task t1 (t1)",
    "  It is 12 degrees",
    "",
    "  • windy",
  ]);
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
  assertEquals(shown([ended("t1", lines, "failed")]), [
    "✗ Task t1 (t1)",
    ...Array.from({ length: 8 }, (_, i) => `  line ${i}`),
    "  … 22 more lines: /task t1",
  ]);
});

Deno.test("several are folded to a line each, none wider than the terminal", () => {
  const batch = [
    ended("t1", "# Rain\nand more of it"),
    ended("t2", "It did not answer", "failed"),
    { ...ended("t3", "x"), summary: "said before\nby the task" },
  ];
  assertEquals(shown(batch, 60), [
    "✓ 3 tasks ended, 1 failed",
    "  ✓ Task t1 (t1): Rain",
    "  ✗ Task t2 (t2): It did not answer",
    "  ✓ Task t3 (t3): said before by the task",
    "  /task ID or /notifications show more",
  ]);
  assertEquals(shown(batch.slice(0, 2), 40).slice(1, 3), ["  ✓ Task t1 (t1)", "    Rain"]);
  assertEquals(shown(batch.slice(1, 2).concat(batch[1]!), 60)[0], "✗ 2 tasks ended, all failed");
  assertEquals(
    shown(batch, 60, "while you were away")[0],
    "✓ 3 tasks ended while you were away, 1 failed",
  );
  const many = Array.from({ length: 50 }, (_, i) => ended(`t${i}`, "日本語 👩‍👩‍👧 ".repeat(9)));
  const lines = notificationLines(many, { columns: 24, color: true });
  assert(lines.every((line) => roomForLine(line) <= 24));
  assertEquals([lines.length, textOf(lines[1]!)], [43, "  … 30 earlier ones"]);
});

Deno.test("nothing in a notification acts on the terminal", () => {
  const evil = "a\x1b[2J\x1b]0;x\x07\u202eb";
  const batch = [{ ...ended("t1", evil), title: evil, task_id: evil }];
  assertEquals(shown(batch), ["✓ ab (ab)", "  ab"]);
});
