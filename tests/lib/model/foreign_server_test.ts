/**
 * The client against a server that none of us wrote: the npm package aimock, as a process of its
 * own.
 */
import { assert, assertEquals } from "@std/assert";
import { ModelError } from "../../../lib/model/model.ts";
import { openModel } from "../../../lib/model/openai_model.ts";
import { HELLO } from "./ask.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const WEATHER = {
  name: "get_weather",
  description: "The weather at a place",
  parameters: { type: "object", properties: { place: { type: "string" } } },
};
const FIXTURES = [
  {
    match: { userMessage: "Hello" },
    response: { content: "Hello to you, in more than one piece." },
  },
  {
    match: { userMessage: "weather", hasToolResult: false },
    response: { toolCalls: [{ name: "get_weather", arguments: '{"place":"Oslo"}' }] },
  },
  {
    match: { userMessage: "weather", hasToolResult: true },
    response: { content: "It rains in Oslo." },
  },
  {
    match: { userMessage: "too often" },
    response: { error: { message: "Slow down", type: "rate_limit_error" }, status: 429 },
  },
];

async function withMock(test: (base_url: string) => Promise<void>): Promise<void> {
  const fixtures = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(fixtures, JSON.stringify({ fixtures: FIXTURES }));
  const program = new URL("../../support/aimock.ts", import.meta.url).href;
  const child = new Deno.Command("deno", {
    args: ["run", "-A", program, fixtures],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  try {
    await test(await baseUrl(lines));
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(fixtures);
  }
}

/** The first line that the process says; ends the reading of its output. */
async function baseUrl(output: ReadableStream<string>): Promise<string> {
  let said = "";
  for await (const piece of output) {
    said += piece;
    if (said.includes("\n")) return JSON.parse(said.slice(0, said.indexOf("\n"))).base_url;
  }
  throw new Error(`the mock server ended before it listened: ${said}`);
}

Deno.test("complete() converses with aimock: stream, tool call, error", STRICT, async () => {
  await withMock(async (base_url) => {
    const model = openModel({ name: "gpt-4o", api_key: "mock", base_url });

    const pieces: string[] = [];
    const hello = await model.complete({ ...HELLO, onText: (piece) => pieces.push(piece) });
    assertEquals(hello.message.content, "Hello to you, in more than one piece.");
    assertEquals(hello.finish_reason, "stop");
    assert(pieces.length > 1, "the text came in one piece");
    assertEquals(pieces.join(""), hello.message.content);

    const asked = { role: "user", content: "How is the weather in Oslo?" } as const;
    const { message, finish_reason } = await model.complete({
      messages: [asked],
      tools: [WEATHER],
    });
    assertEquals(finish_reason, "tool_calls");
    const call = message.tool_calls?.[0];
    assertEquals(call?.function, { name: "get_weather", arguments: '{"place":"Oslo"}' });
    const result = { role: "tool", tool_call_id: call?.id ?? "", content: "Rain, 7 °C" } as const;
    const answer = await model.complete({ messages: [asked, message, result], tools: [WEATHER] });
    assertEquals(answer.message.content, "It rains in Oslo.");

    const often = { messages: [{ role: "user", content: "too often" }] } as const;
    const error = await model.complete(often).catch((error) => error);
    assert(error instanceof ModelError);
    assertEquals([error.kind, error.status], ["rate_limited", 429]);
    assert(error.message.includes('"Slow down"'), error.message);
  });
});
