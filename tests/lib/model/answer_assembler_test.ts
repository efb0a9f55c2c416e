import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AnswerAssembler } from "../../../lib/model/answer_assembler.ts";
import { ProtocolBreak } from "../../../lib/model/protocol_break.ts";

function assembled(...chunks: unknown[]) {
  const assembler = new AnswerAssembler(1_000);
  for (const chunk of chunks) assembler.add(chunk);
  return assembler;
}

function delta(fields: Record<string, unknown>, finish_reason: unknown = null) {
  return { choices: [{ index: 0, delta: fields, finish_reason }] };
}

Deno.test("AnswerAssembler never throws anything but a ProtocolBreak, whatever a server sends", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const choice = fc.record({
    index: fc.oneof(value, fc.constant(0)),
    delta: fc.oneof(
      value,
      fc.record({ content: value, tool_calls: fc.oneof(value, fc.array(value)), role: value }, {
        requiredKeys: [],
      }),
    ),
    finish_reason: fc.oneof(value, fc.constant("stop")),
  }, { requiredKeys: [] });
  const chunk = fc.oneof(
    value,
    fc.record({
      choices: fc.oneof(value, fc.array(fc.oneof(value, choice))),
      usage: value,
      model: value,
    }, {
      requiredKeys: [],
    }),
  );
  fc.assert(fc.property(fc.array(chunk), fc.boolean(), (chunks, ended) => {
    try {
      const { message, finish_reason } = assembled(...chunks).finish(ended);
      assert(finish_reason !== "");
      assertEquals(message.role, "assistant");
    } catch (error) {
      assert(error instanceof ProtocolBreak, String(error));
    }
  }));
});

Deno.test("AnswerAssembler takes text in parts, and a refusal where there is no text", () => {
  const parts = assembled(delta({ content: [{ type: "text", text: "a" }, { text: "b" }] }, "stop"));
  assertEquals(parts.finish(true).message.content, "ab");
  const refused = assembled(delta({ refusal: "No." }, "content_filter")).finish(true);
  assertEquals([refused.message.content, refused.finish_reason], ["No.", "content_filter"]);
});

Deno.test("AnswerAssembler takes the last usage, and only counts for counts", () => {
  const usage = (prompt_tokens: unknown, completion_tokens: unknown) => ({
    choices: [],
    usage: { prompt_tokens, completion_tokens },
  });
  const done = delta({ content: "a" }, "stop");
  const { usage: last } = assembled(usage(1, 1), done, usage(7, 3)).finish(true);
  assertEquals(last, { input_tokens: 7, output_tokens: 3 });
  assertEquals(assembled(done, usage(-1, "3")).finish(true).usage, {});
  assertEquals(assembled(done, usage(7, null)).finish(true).usage, { input_tokens: 7 });
});

Deno.test("AnswerAssembler gives an empty answer as one", () => {
  assertEquals(assembled(delta({}, "stop")).finish(true).message, {
    role: "assistant",
    content: "",
  });
  assertThrows(
    () => assembled(delta({ role: "assistant" })).finish(true),
    ProtocolBreak,
    "it ended its answer before it had begun",
  );
});

Deno.test("AnswerAssembler says which chunks carry something", () => {
  const progress = (chunk: unknown) => assembled().add(chunk).progress;
  const nothing = [null, {}, { choices: [] }, delta({}), delta({ role: "assistant", content: "" })];
  assertEquals(nothing.map(progress), nothing.map(() => false));
  const something = [
    delta({ content: "a" }),
    delta({ reasoning: "hm" }),
    delta({ tool_calls: [{}] }),
    delta({}, "stop"),
    { choices: [], usage: {} },
  ];
  assertEquals(something.map(progress), something.map(() => true));
});
