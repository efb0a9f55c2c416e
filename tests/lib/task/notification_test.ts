import { assert, assertEquals } from "@std/assert";
import {
  MAX_MESSAGE_LENGTH,
  notificationId,
  notificationIds,
  notificationOf,
  parseNotification,
} from "../../../lib/task/notification.ts";
import { withDefaults } from "../../../lib/task/parse_record.ts";

const record = (fields: object) => ({
  ...withDefaults("x", { conversation_id: "c1", prompt: "p", title: "T" }, 0),
  finished_at: "2026-01-01T00:00:00.000Z",
  ...fields,
});

Deno.test("notificationId() names the run from the second on and fits into 96 characters", () => {
  assertEquals(notificationId("x", "completed", 1), "x-completed");
  assertEquals(notificationId("x", "failed", 2), "x-failed-2");
  assert(notificationId("x".repeat(64), "completed", 1e9).length <= 96);
});

Deno.test("notificationOf() carries the result or the error and the record's own time", () => {
  assertEquals(notificationOf(record({ result: "391" }), "completed"), {
    version: 1,
    id: "x-completed",
    conversation_id: "c1",
    task_id: "x",
    event: "completed",
    title: "T",
    message: "391",
    summary: "391",
    created_at: "2026-01-01T00:00:00.000Z",
  });
  const error = { code: "timeout", message: "too long", attempt: 1 };
  const failed = notificationOf(record({ error, run: 3 }), "failed");
  assertEquals([failed.id, failed.message, failed.summary], ["x-failed-3", "too long", "too long"]);
  const own = notificationOf(record({ result: "# A\nb", summary: "A" }), "completed");
  assertEquals([own.summary, own.message], ["A", "# A\nb"]);
});

Deno.test("a message over 4,000 characters is cut whole and says where the rest is", () => {
  const { message } = notificationOf(record({ result: "😀".repeat(3_000) }), "completed");
  assert(message.length <= MAX_MESSAGE_LENGTH && message.length > MAX_MESSAGE_LENGTH - 20);
  assert(message.endsWith("\n… (6000 characters in all: `tasks show x`)"), message.slice(-60));
  assert(message.isWellFormed());
  const text = "A sentence of this text.\n\n".repeat(400);
  const cut = notificationOf(record({ result: text }), "completed").message;
  assert(cut.includes("A sentence of this text.\n… (10400 characters"), cut.slice(-90));
  const whole = "y".repeat(MAX_MESSAGE_LENGTH);
  assertEquals(notificationOf(record({ result: whole }), "completed").message, whole);
});

Deno.test("parseNotification() keeps unknown fields and refuses what is none", () => {
  const value = { ...notificationOf(record({ result: "r" }), "completed"), mine: 1 };
  assertEquals(parseNotification(value)?.["mine"], 1);
  for (const wrong of [null, [], {}, { ...value, event: "begun" }, { ...value, message: 1 }]) {
    assertEquals(parseNotification(wrong), undefined);
  }
});

Deno.test("notificationIds() names those of every run, also where an outsider began to count", () => {
  assertEquals(notificationIds(record({})), ["x-completed", "x-failed"]);
  const third = notificationIds(record({ run: 3 })).sort();
  const ofRuns = ["", "-2", "-3"].flatMap((run) => [`x-completed${run}`, `x-failed${run}`]);
  assertEquals(third, ofRuns.sort());
  const attempt = { attempt: 1, service_id: "s", started_at: "2026-01-01T00:00:00.000Z" };
  const far = notificationIds(record({ run: 1e9, attempts: [{ run: 999_999_999, ...attempt }] }));
  for (const id of ["x-failed-1000000000", "x-failed-999999999", "x-failed", "x-failed-2"]) {
    assert(far.includes(id), id);
  }
  assert(far.length < 3_000);
});
