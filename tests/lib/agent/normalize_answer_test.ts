import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizeAnswer } from "../../../lib/agent/normalize_answer.ts";

function message(ids: readonly string[]) {
  const tool_calls = ids.map((id) => ({
    id,
    type: "function" as const,
    function: { name: "look", arguments: "{}" },
  }));
  return { role: "assistant" as const, content: null, tool_calls };
}

function idsOf(ids: readonly string[]): string[] {
  return (normalizeAnswer(message(ids)).tool_calls ?? []).map((call) => call.id);
}

Deno.test("normalizeAnswer() keeps ids that are unique and names the others anew", () => {
  assertEquals(idsOf(["a", "b"]), ["a", "b"]);
  assertEquals(idsOf(["a", "a", "a_2", "a"]), ["a", "a_3", "a_2", "a_4"]);
  assertEquals(idsOf(["", "call_1", ""]), ["call_1_2", "call_1", "call_3"]);
});

Deno.test("normalizeAnswer() always gives unique ids, and the same ones again", () => {
  const id = fc.constantFrom("", "a", "a_2", "a_3", "call_1", "call_2");
  fc.assert(fc.property(fc.array(id, { maxLength: 12 }), (ids) => {
    const made = idsOf(ids);
    assertEquals(new Set(made).size, ids.length);
    assertEquals(made.includes(""), false);
    assertEquals(idsOf(made), made);
  }));
});

Deno.test("normalizeAnswer() drops an empty list of calls and keeps fields that it does not know", () => {
  const kept = { role: "assistant" as const, content: "Hi.", reasoning: "Be short." };
  assertEquals(normalizeAnswer({ ...kept, tool_calls: [] }), kept);
});
