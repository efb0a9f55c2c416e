import { assertEquals } from "@std/assert";
import {
  countProgress,
  type JournalEntry,
  openToolCalls,
  parseJournalEntry,
} from "../../../lib/task/journal_entry.ts";

const at = "2026-01-01T00:00:00.000Z";
const started = (step: number, call_id: string, pid = 1): JournalEntry => ({
  at,
  type: "tool_started",
  step,
  call_id,
  name: "t",
  arguments: "{}",
  effects: "none",
  pid,
});
const finished = (step: number, call_id: string): JournalEntry => ({
  at,
  type: "tool_finished",
  step,
  call_id,
  output: "o",
  duration_ms: 1,
});
const answer: JournalEntry = {
  at,
  type: "model_answer",
  step: 1,
  message: { role: "assistant", content: "hi" },
  finish_reason: "stop",
  usage: { input_tokens: 1, output_tokens: 1, estimated: false },
  model: "m",
  duration_ms: 1,
};

Deno.test("countProgress() counts answers and finished tools, not what only began", () => {
  const begun: JournalEntry = { at, type: "attempt_started", run: 1, attempt: 1, service_id: "s" };
  assertEquals(countProgress([begun, answer, started(1, "a"), started(1, "b")]), 1);
  assertEquals(countProgress([answer, started(1, "a"), finished(1, "a")]), 2);
});

Deno.test("openToolCalls() gives the last start of each call without an end", () => {
  const entries = [started(1, "a"), started(1, "b"), finished(1, "a"), started(1, "b", 9)];
  assertEquals(openToolCalls(entries).map(({ call_id, pid }) => [call_id, pid]), [["b", 9]]);
  // Models use one call id in several steps: those are different calls.
  const steps = [started(1, "a"), finished(1, "a"), started(2, "a")];
  assertEquals(openToolCalls(steps).map(({ step }) => step), [2]);
  assertEquals(openToolCalls([answer]), []);
});

Deno.test("parseJournalEntry() reads back each line and refuses what is none", () => {
  for (const entry of [answer, started(1, "a"), finished(1, "a")]) {
    assertEquals(parseJournalEntry(JSON.parse(JSON.stringify({ ...entry, mine: 1 }))), {
      ...entry,
      mine: 1,
    } as JournalEntry);
  }
  for (const wrong of [null, 7, {}, { at, type: "other" }, { at, type: "tool_finished" }]) {
    assertEquals(parseJournalEntry(wrong), undefined);
  }
});
