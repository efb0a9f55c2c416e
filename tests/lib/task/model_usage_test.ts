import { assertEquals } from "@std/assert";
import type { JournalEntry } from "../../../lib/task/journal_entry.ts";
import { ModelUsageCollector } from "../../../lib/task/model_usage.ts";

function answer(model: string, input_tokens: number, estimated = false): JournalEntry {
  return {
    at: "2026-01-01T00:00:00.000Z",
    type: "model_answer",
    step: 1,
    message: { role: "assistant", content: "" },
    finish_reason: "stop",
    usage: { input_tokens, output_tokens: 1, estimated },
    model,
    duration_ms: 1,
  };
}

Deno.test("what answers cost is added up by model, the dearest first", () => {
  const collector = new ModelUsageCollector();
  collector.add([answer("small", 10), answer("large", 100, true)]);
  collector.add([answer("small", 5), { at: "", type: "attempt_ended", outcome: "completed" }]);
  assertEquals(collector.summary(), [
    { model: "large", answers: 1, input_tokens: 100, output_tokens: 1, estimated: true },
    { model: "small", answers: 2, input_tokens: 15, output_tokens: 2, estimated: false },
  ]);
});
