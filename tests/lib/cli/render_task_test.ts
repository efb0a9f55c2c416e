import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  duration,
  renderNotification,
  renderTable,
  renderTask,
  shortId,
} from "../../../lib/cli/render_task.ts";
import { truncateTo, widthOf } from "../../../lib/cli/text_width.ts";
import type { Task } from "../../../lib/task/record.ts";
import { withDefaults } from "../../../lib/task/record.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const PLAIN = { color: false, columns: 60 };

function task(state: Task["state"], fields: Record<string, unknown> = {}): Task {
  const request = { conversation_id: "c1", prompt: "Look\x1b[31m", title: "天気 in\nOslo" };
  return { state, record: { ...withDefaults("t1", request, NOW - 90_000), ...fields } };
}

Deno.test("renderTable() aligns wide characters and keeps to the terminal's width", () => {
  const long = task("failed", {
    title: "日本".repeat(40),
    error: { code: "timeout", message: "" },
  });
  const lines = renderTable([task("pending"), long], PLAIN, NOW).trimEnd().split("\n");
  assertEquals(lines[0], "ID  STATE               AGE    TITLE");
  assertEquals(lines[1], "t1  ○ pending           1m30s  天気 in Oslo");
  assertEquals(lines[2]?.startsWith("t1  ✗ failed (timeout)  1m30s  日本"), true);
  assert(lines.every((line) => widthOf(line) <= 60), lines.join("\n"));
});

Deno.test("renderTable() says when a waiting task is due", () => {
  const later = task("pending", { run_at: "2026-01-01T14:00:00.000Z" });
  assertStringIncludes(renderTable([later], PLAIN, NOW), "○ pending, in 2h0m");
});

Deno.test("renderTask() shows fields, texts and the journal as a timeline, all made safe", () => {
  const at = "2026-01-01T12:00:00.123Z";
  const text = renderTask(
    task("completed", { result: "12 degrees\nand \x1b[2Jsunny", attempt: 1, run: 1 }),
    [
      { at, type: "attempt_started", run: 1, attempt: 1, service_id: "s1" },
      {
        at,
        type: "tool_finished",
        step: 1,
        call_id: "call_1",
        error: "no such place",
        duration_ms: 1500,
      },
    ],
    { color: false, columns: 100 },
    NOW,
  );
  assertStringIncludes(text, "state         ✓ completed\ntitle         天気 in Oslo\n");
  assertStringIncludes(text, "\nPrompt\n  Look\n\nResult\n  12 degrees\n  and sunny\n");
  assertStringIncludes(text, "  2026-01-01 12:00:00.123  attempt 1 started by service s1\n");
  assertStringIncludes(text, "  2026-01-01 12:00:00.123  call_1 failed (1.5s): no such place\n");
  assert(!text.includes("\x1b"));
});

Deno.test("renderNotification() is a block of mark, title, short id and indented message", () => {
  const notification = {
    version: 1,
    id: "01ARZ3NDEKTSV4RRFFQ69G5FAV-failed",
    conversation_id: "c1",
    task_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    event: "failed" as const,
    title: "A\ntitle",
    message: "one\n\ntwo\x07",
    created_at: "2026-01-01T12:00:00.000Z",
  };
  assertEquals(renderNotification(notification, PLAIN), "✗ A title (9G5FAV)\n  one\n\n  two\n");
  const colored = renderNotification(notification, { color: true, columns: 60 });
  assertEquals(colored.startsWith("\x1b[31m✗\x1b[39m \x1b[1mA title\x1b[22m "), true);
});

Deno.test("a notification is wrapped between words at a terminal, and left whole elsewhere", () => {
  const notification = {
    version: 1,
    id: "t1-completed",
    conversation_id: "c1",
    task_id: "t1",
    event: "completed" as const,
    title: "T",
    message: "partly cloudy, twelve degrees",
    created_at: "2026-01-01T12:00:00.000Z",
  };
  const at = (columns: number | undefined) =>
    renderNotification(notification, { color: false, columns });
  assertEquals(at(20), "✓ T (t1)\n  partly cloudy,\n  twelve degrees\n");
  assertEquals(at(undefined), "✓ T (t1)\n  partly cloudy, twelve degrees\n");
});

Deno.test("shortId(), duration() and truncateTo() keep to what a person needs", () => {
  assertEquals([shortId("oslo-1"), shortId("01ARZ3NDEKTSV4RRFFQ69G5FAV")], ["oslo-1", "9G5FAV"]);
  const spans = [40, 9_949, 42_000, 90_000, 3_700_000, 200_000_000];
  assertEquals(spans.map(duration), ["0.0s", "9.9s", "42s", "1m30s", "1h1m", "2d7h"]);
  assertEquals([truncateTo("日本語", 5), truncateTo("日本語", 6)], ["日本…", "日本語"]);
  assertEquals(truncateTo("👩‍👩‍👧 family", 4), "👩‍👩‍👧 …");
});
