import { assert, assertEquals, assertRejects } from "@std/assert";
import { openModel } from "../../../lib/model/openai_model.ts";
import { Gate, startModelServer } from "../../support/model_server.ts";
import { ask, HELLO, KEY } from "./ask.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const TOOL = {
  name: "get_weather",
  description: "The weather",
  parameters: { type: "object", properties: { place: { type: "string" } } },
};

Deno.test("complete() streams the text and gives the whole answer", STRICT, async () => {
  const text = "Grüße aus Tromsø: ☀️ 𝄞, and that is all.";
  const { answer, pieces } = await ask([{ text, chunk_size: 3, model: "m1-2026" }]);
  assertEquals(pieces.join(""), text);
  assert(pieces.length > 5, "the text came in one piece");
  assertEquals(answer, {
    message: { role: "assistant", content: text },
    finish_reason: "stop",
    usage: { input_tokens: 10, output_tokens: Math.ceil(text.length / 4), estimated: false },
    model: "m1-2026",
  });
});

Deno.test("complete() hands pieces over before the answer has ended", STRICT, async () => {
  const middle_gate = new Gate();
  await using server = await startModelServer([{ text: "one two three four", middle_gate }]);
  const first = Promise.withResolvers<string>();
  const model = openModel({ name: "m1", base_url: server.base_url });
  const call = model.complete({ ...HELLO, onText: first.resolve });
  assertEquals(await first.promise, "one two thre");
  middle_gate.release();
  assertEquals((await call).message.content, "one two three four");
});

Deno.test(
  "complete() sends what every server takes, and nothing that is not configured",
  STRICT,
  async () => {
    const { server } = await ask([{ text: "ok" }]);
    const request = await server.request(1);
    assertEquals(request.path, "/v1/chat/completions");
    assertEquals(request.headers.authorization, `Bearer ${KEY}`);
    assertEquals<unknown>(request.body, {
      stream_options: { include_usage: true },
      model: "m1",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    for (const header of ["openai-organization", "openai-project"]) {
      assertEquals(request.headers[header], undefined);
    }
  },
);

Deno.test("complete() sends tools, configured fields and a task's own model", STRICT, async () => {
  const { server } = await ask([{ text: "ok" }], {
    model: "m2",
    tools: [TOOL],
    options: { fields: { temperature: 0 } },
  });
  const { body } = await server.request(1);
  assertEquals<unknown>(body.tools, [{ type: "function", function: TOOL }]);
  assertEquals([body.model, body.temperature], ["m2", 0]);
});

Deno.test("complete() sends no Authorization where there is no key", STRICT, async () => {
  const { server } = await ask([{ text: "ok" }], { options: { api_key: undefined } });
  assertEquals((await server.request(1)).headers.authorization, undefined);
});

Deno.test("complete() repairs messages that servers refuse", STRICT, async () => {
  const { server } = await ask([{ text: "ok" }], {
    messages: [
      { role: "user", content: "a\ud800b" },
      { role: "assistant", content: null, tool_calls: [] },
      { role: "user", content: "go on" },
    ],
  });
  assertEquals<unknown>((await server.request(1)).body.messages, [
    { role: "user", content: "a\ufffdb" },
    { role: "assistant", content: "" },
    { role: "user", content: "go on" },
  ]);
});

Deno.test(
  "complete() assembles tool calls beside a text, broken arguments as they are",
  STRICT,
  async () => {
    const { answer } = await ask([{
      text: "Let me look.",
      tool_calls: [
        { name: "get_weather", arguments: { place: "Oslo" } },
        { name: "get_weather", arguments: '{"place": "Ber' },
      ],
    }]);
    assertEquals(answer.message, {
      role: "assistant",
      content: "Let me look.",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "get_weather", arguments: '{"place":"Oslo"}' },
        },
        {
          id: "call_2",
          type: "function",
          function: { name: "get_weather", arguments: '{"place": "Ber' },
        },
      ],
    });
    assertEquals(answer.finish_reason, "tool_calls");
  },
);

Deno.test("complete() keeps two calls apart that share an index", STRICT, async () => {
  const call = (id: string, place: string) => ({
    tool_calls: [{ index: 0, id, function: { name: "w", arguments: place } }],
  });
  const { answer } = await ask([{ deltas: [call("a", '"Oslo"'), call("b", '"Rome"')] }]);
  const calls = answer.message.tool_calls?.map((each) => [each.id, each.function.arguments]);
  assertEquals(calls, [["a", '"Oslo"'], ["b", '"Rome"']]);
});

Deno.test(
  "complete() understands a whole JSON body where a stream was asked for",
  STRICT,
  async () => {
    const { answer, pieces } = await ask([{
      stream: false,
      text: "whole",
      tool_calls: [{ name: "w", arguments: {} }],
    }]);
    assertEquals(answer.message.content, "whole");
    assertEquals(answer.message.tool_calls?.length, 1);
    assertEquals(pieces, ["whole"]);
    assertEquals(answer.usage.estimated, false);
  },
);

Deno.test("complete() reads a stream that calls itself text/plain", STRICT, async () => {
  const body = 'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n';
  const { answer } = await ask([{ body, content_type: "text/plain" }]);
  assertEquals(answer.message.content, "hi");
});

Deno.test(
  "complete() estimates and marks the usage that a server does not tell",
  STRICT,
  async () => {
    const { answer } = await ask([{ text: "four char tokens", usage: false }]);
    const input_tokens = Math.ceil(JSON.stringify(HELLO.messages).length / 4);
    assertEquals(answer.usage, { input_tokens, output_tokens: 4, estimated: true });
  },
);

Deno.test("complete() takes [DONE] for the end where no finish_reason came", STRICT, async () => {
  const { answer } = await ask([{ text: "all of it", finish_reason: null }]);
  assertEquals([answer.message.content, answer.finish_reason], ["all of it", "stop"]);
});

Deno.test(
  "complete() takes a finish_reason for the end where [DONE] is missing",
  STRICT,
  async () => {
    const { answer } = await ask([{ text: "all of it", done: false }]);
    assertEquals(answer.message.content, "all of it");
  },
);

Deno.test(
  "complete() keeps a whole answer when the connection breaks or hangs after it",
  STRICT,
  async () => {
    const choice = '{"choices":[{"delta":{"content":"paid for"},"finish_reason":"stop"}]}';
    const body = [`data: ${choice}\n\n`, "data: [DO"];
    for (const ending of [{ reset: "middle" }, { hang: "middle" }] as const) {
      const { answer } = await ask([{ body, content_type: "text/event-stream", ...ending }], {
        options: { timeouts: { tail_ms: 20 } },
      });
      assertEquals(answer.message.content, "paid for");
      assertEquals(answer.usage.estimated, true);
    }
  },
);

Deno.test(
  "complete() gives an answer that was cut at the length limit with its reason",
  STRICT,
  async () => {
    const { answer } = await ask([{ text: "half of", finish_reason: "length" }]);
    assertEquals(answer.finish_reason, "length");
  },
);

Deno.test("complete() survives events and characters cut anywhere", STRICT, async () => {
  const chunk = {
    choices: [{ delta: { content: "Tromsø ☀️\u0007\u001b[31m" }, finish_reason: "stop" }],
  };
  const bytes = new TextEncoder().encode(
    `\ufeff: hi\r\n\r\ndata: ${JSON.stringify(chunk)}\r\n\r\n`,
  );
  const body = Array.from(bytes, (byte) => Uint8Array.of(byte));
  const { answer } = await ask([{ body, content_type: "text/event-stream" }]);
  assertEquals(answer.message.content, "Tromsø ☀️\u0007\u001b[31m");
});

Deno.test(
  "complete() drops a field that a 400 names, tries once more, and remembers",
  STRICT,
  async () => {
    await using server = await startModelServer(({ body }) =>
      body.stream_options === undefined
        ? { text: "ok" }
        : { status: 400, body: { error: { message: "Unknown field: stream_options" } } }
    );
    const model = openModel({ name: "m1", base_url: server.base_url });
    assertEquals((await model.complete(HELLO)).message.content, "ok");
    assertEquals((await model.complete(HELLO)).message.content, "ok");
    const sent = server.requests.map(({ body }) => body.stream_options !== undefined);
    assertEquals(sent, [true, false, false]);
    // Another model may sit behind another server.
    await model.complete({ ...HELLO, model: "m2" });
    assertEquals(server.requests[3]?.body.stream_options, { include_usage: true });
  },
);

Deno.test(
  "complete() drops fields that a 422 or error.param names, one after the other",
  STRICT,
  async () => {
    const { answer, server } = await ask(({ body }) => {
      if ("max_tokens" in body) {
        return { status: 422, body: { detail: [{ loc: ["body", "max_tokens"], msg: "extra" }] } };
      }
      if ("seed" in body) {
        return { status: 400, body: { error: { message: "bad value", param: "seed" } } };
      }
      return { text: "ok" };
    }, { options: { fields: { max_tokens: 5, seed: 1, temperature: 0 } } });
    assertEquals(answer.message.content, "ok");
    assertEquals(server.requests.length, 3);
    assertEquals(server.requests[2]?.body.temperature, 0);
  },
);

Deno.test("complete() lets through what the caller's own callback throws", STRICT, async () => {
  await using server = await startModelServer([{ text: "a longer text than one piece" }]);
  const model = openModel({ name: "m1", base_url: server.base_url });
  const onText = () => {
    throw new RangeError("mine");
  };
  await assertRejects(() => model.complete({ ...HELLO, onText }), RangeError, "mine");
});

Deno.test("complete() closes the connection of an answer that was broken off", STRICT, async () => {
  await using server = await startModelServer([{
    text: "a longer text than one piece",
    hang: "middle",
  }]);
  const model = openModel({ name: "m1", base_url: server.base_url });
  const stop = new AbortController();
  const call = model.complete({ ...HELLO, signal: stop.signal, onText: () => stop.abort() });
  await assertRejects(() => call);
  assertEquals(await (await server.request(1)).closed, "disconnected");
});

Deno.test("openModel() refuses what is no http URL", () => {
  for (const base_url of ["localhost:11434/v1", "nonsense", "ftp://host/v1"]) {
    try {
      openModel({ name: "m1", base_url });
    } catch (error) {
      assert(error instanceof TypeError);
      assertEquals(
        error.message,
        `"${base_url}" is no base URL of a model server, expected http(s)://…`,
      );
      continue;
    }
    throw new Error(`${base_url} was taken`);
  }
});

Deno.test(
  "complete() cuts a key out of an answer, and no word that a placeholder key is",
  STRICT,
  async () => {
    const calls = [{ name: "schedule_task", arguments: { text: "a key is sk-secret-key" } }];
    const answered = async (api_key: string) => {
      const { answer } = await ask([{ tool_calls: calls }], { options: { api_key } });
      return answer.message.tool_calls?.[0]?.function;
    };
    assertEquals(await answered("k"), {
      name: "schedule_task",
      arguments: '{"text":"a key is sk-secret-key"}',
    });
    assertEquals((await answered("sk-secret-key"))?.arguments, '{"text":"a key is ***"}');
  },
);
