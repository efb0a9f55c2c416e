import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { duration } from "../../../lib/cli/duration.ts";
import { renderNotification, renderTask } from "../../../lib/cli/render_task.ts";
import { renderTable } from "../../../lib/cli/task_table.ts";
import { shortId } from "../../../lib/cli/task_words.ts";
import { truncateTo, widthOf } from "../../../lib/cli/text_width.ts";
import type { Task } from "../../../lib/task/record.ts";
import { withDefaults } from "../../../lib/task/parse_record.ts";

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
  assertStringIncludes(text, "  2026-01-01T12:00:00.123Z  attempt 1 by service s1\n");
  assertStringIncludes(text, "     +0.0s  call_1 failed (1.5s): no such place\n");
  assert(!text.includes("\x1b"));
});

Deno.test("renderTask() names the tool of a finished call, and says when the last attempt is over", () => {
  const at = "2026-01-01T12:00:00.123Z";
  const started = {
    at,
    type: "tool_started" as const,
    step: 2,
    call_id: "call_2_1",
    name: "get_weather",
    arguments: "{}",
    effects: "none" as const,
  };
  const { name: _, arguments: __, effects: ___, ...call } = started;
  const journal = [
    started,
    { ...call, type: "tool_finished" as const, error: "no such place", duration_ms: 1500 },
    { at, type: "attempt_ended" as const, outcome: "retry", message: "HTTP 500" },
    { at, type: "attempt_ended" as const, outcome: "retry", message: "HTTP 500" },
  ];
  const shown = (state: Task["state"], fields: Record<string, unknown> = {}) =>
    renderTask(task(state, fields), journal, { color: false, columns: 100 }, NOW).split("\n")
      .filter((line) => /^ +(\+|2026)/.test(line)).map((line) =>
        line.trim().replace(/^\S+ {2}/, "")
      );
  const error = { code: "model_unavailable", message: "HTTP 500", attempt: 3 };
  assertEquals(shown("failed", { error }), [
    "get_weather started: {}",
    "get_weather failed (1.5s): no such place",
    "attempt ended: retry, HTTP 500",
    "attempt ended: failed, no further attempt, HTTP 500",
  ]);
  const again = "attempt ended: retry, HTTP 500";
  assertEquals(shown("pending").at(-1), again);
  assertEquals(shown("failed", { error: { ...error, code: "cancelled" } }).at(-1), again);
});

Deno.test("renderTask() counts one call as one", () => {
  const usage = { input_tokens: 5, output_tokens: 6, model_calls: 2, tool_calls: 1 };
  const text = renderTask(task("completed", { usage }), [], PLAIN, NOW);
  assertStringIncludes(text, "5 tokens in, 6 out, 2 model calls, 1 tool\n              call\n");
});

Deno.test("a file that cannot be read has no age, a short title, and its whole reason in renderTask()", () => {
  const reason = `Expected property name or '}' in JSON at position 1 ${"x".repeat(100)}`;
  const fields = {
    title: `(not readable: ${reason})`,
    prompt: "",
    created_at: "1970-01-01T00:00:00.000Z",
  };
  const wide = { color: false, columns: undefined };
  const row = renderTable([task("pending", fields)], wide, NOW).split("\n")[1]!;
  assertEquals(
    row,
    "t1  ○ pending  –    –     –      c1            " +
      "not readable yet: Expected property name or '}' in JSON at …",
  );
  const text = renderTask(task("failed", fields), [], wide, NOW);
  assertStringIncludes(text, "\ncreated       –\n");
  assertStringIncludes(text, "\ntitle         not readable: Expected property name or '}'");
  assertStringIncludes(text, `\nNot readable\n  ${reason}\n`);
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
  assertEquals(colored.startsWith("\x1b[31m✗\x1b[39m\x1b[1m A title\x1b[22m"), true);
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
