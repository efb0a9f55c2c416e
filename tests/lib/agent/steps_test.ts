import { assertEquals } from "@std/assert";
import { nextStepNumber, readSteps } from "../../../lib/agent/steps.ts";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";

const at = "2026-01-01T00:00:00.000Z";

function answer(step: number, id: string): JournalEntry {
  const tool_calls = [
    { id, type: "function" as const, function: { name: "look", arguments: "{}" } },
  ];
  return {
    at,
    type: "model_answer",
    step,
    message: { role: "assistant", content: null, tool_calls },
    finish_reason: "tool_calls",
    usage: { input_tokens: 1, output_tokens: 1, estimated: false },
    model: "m",
    duration_ms: 1,
  };
}

function finished(step: number, call_id: string, output: string): JournalEntry {
  return { at, type: "tool_finished", step, call_id, output, duration_ms: 1 };
}

function attempt(run: number): JournalEntry {
  return { at, type: "attempt_started", run, attempt: 1, service_id: "s" };
}

Deno.test("readSteps() puts a call and its end together by step and id", () => {
  const steps = readSteps([
    attempt(1),
    answer(1, "a"),
    finished(1, "a", "first"),
    attempt(2),
    answer(2, "a"),
  ]);
  assertEquals(steps.map((step) => [step.run, step.calls[0]?.finished?.output]), [
    [1, "first"],
    [2, undefined],
  ]);
});

Deno.test("readSteps() keeps to what the model saw first and drops what fits nowhere", () => {
  const steps = readSteps([
    answer(1, "a"),
    finished(1, "a", "first"),
    finished(1, "a", "second"),
    finished(7, "a", "of a lost answer"),
  ]);
  assertEquals(steps.map((step) => step.calls.map((call) => call.finished?.output)), [["first"]]);
});

Deno.test("nextStepNumber() is over every number in the journal, lost answers included", () => {
  assertEquals(nextStepNumber([]), 1);
  assertEquals(nextStepNumber([answer(1, "a"), finished(7, "a", "x")]), 8);
  assertEquals(nextStepNumber([answer(1e300, "a"), answer(2.5, "a"), answer(3, "a")]), 4);
});
