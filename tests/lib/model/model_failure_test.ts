import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { ModelError, type ModelErrorKind } from "../../../lib/model/model.ts";
import { openModel } from "../../../lib/model/openai_model.ts";
import type { Reply } from "../../support/model_server.ts";
import { ask, type Asking, askInVain, HELLO, KEY } from "./ask.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const COMPATIBLE = "check that OPENAI_BASE_URL leads to an OpenAI-compatible server";

interface Case {
  readonly when: string;
  readonly reply: Reply;
  readonly asking?: Asking;
  readonly kind: ModelErrorKind;
  readonly status?: number;
  /** After "failed: ". */
  readonly says: string;
}

function refusal(status: number, message: string, code?: string): Reply {
  return { status, body: { error: { message, ...(code === undefined ? {} : { code }) } } };
}

const CASES: readonly Case[] = [
  {
    when: "the key is wrong, and the server repeats it",
    reply: refusal(401, `Incorrect API key provided: ${KEY}.`, "invalid_api_key"),
    kind: "rejected",
    status: 401,
    says:
      'the server refused the API key (401: "Incorrect API key provided: ***."): correct OPENAI_API_KEY',
  },
  {
    when: "a key is missing",
    reply: refusal(401, "Unauthorized"),
    asking: { options: { api_key: undefined } },
    kind: "rejected",
    status: 401,
    says: 'the server wants an API key (401: "Unauthorized"): set OPENAI_API_KEY',
  },
  {
    when: "access is refused",
    reply: refusal(403, "not yours"),
    kind: "rejected",
    status: 403,
    says:
      'the server refused access (403: "not yours"): check that the key in OPENAI_API_KEY may use this model',
  },
  {
    when: "the model is unknown",
    reply: refusal(404, "The model `m1` does not exist", "model_not_found"),
    asking: { options: { configured_by: "MAIN_MODEL" } },
    kind: "rejected",
    status: 404,
    says:
      'the server knows no such model (404: "The model `m1` does not exist"): correct MAIN_MODEL',
  },
  {
    when: "there is no such path",
    reply: { status: 404, body: "404 page not found" },
    kind: "rejected",
    status: 404,
    says:
      'there is no chat-completions API at this address (404: "404 page not found"): correct OPENAI_BASE_URL, which usually ends in /v1',
  },
  {
    when: "the model cannot call tools",
    reply: refusal(400, "gemma does not support tools"),
    kind: "rejected",
    status: 400,
    says:
      'the model cannot call tools (400: "gemma does not support tools"): choose one that can in MAIN_MODEL, BACKGROUND_MODEL or OPENAI_MODEL',
  },
  {
    when: "the conversation is too long",
    reply: refusal(400, "too many", "context_length_exceeded"),
    kind: "rejected",
    status: 400,
    says:
      'the request is too long for the model (400: "too many"): shorten it or choose a model that takes more',
  },
  {
    when: "any other request is refused",
    reply: refusal(400, "no\u001b[31m good\n\ntoday"),
    kind: "rejected",
    status: 400,
    says: 'the server refused it (400: "no [31m good today")',
  },
  {
    when: "the quota is used up",
    reply: refusal(429, "You exceeded your quota", "insufficient_quota"),
    kind: "rate_limited",
    status: 429,
    says:
      'the account\'s quota is used up (429: "You exceeded your quota"): check its plan and billing',
  },
  {
    when: "the server fails without a word",
    reply: { status: 500, body: "" },
    kind: "unavailable",
    status: 500,
    says: "the server failed (500)",
  },
  {
    when: "a request timed out at the server",
    reply: refusal(408, "slow"),
    kind: "unavailable",
    status: 408,
    says: 'the server could not answer now (408: "slow")',
  },
  {
    when: "an answer is a web page",
    reply: { body: "\n <!doctype html><title>Sign in</title>", content_type: "text/html" },
    kind: "unavailable",
    says:
      `it answered with a web page instead of a chat completion (it begins "<!doctype html><title>Sign in</title>"): ${COMPATIBLE}`,
  },
  {
    when: "an answer is empty",
    reply: { body: "" },
    kind: "unavailable",
    says: `it answered with nothing: ${COMPATIBLE}`,
  },
  {
    when: "an answer has no choices",
    reply: { body: { choices: [] } },
    kind: "unavailable",
    says: `it answered without any choice (it begins "{"choices":[]}"): ${COMPATIBLE}`,
  },
  {
    when: "an answer is broken JSON",
    reply: { body: '{"choices": [' },
    kind: "unavailable",
    says: `it answered with JSON that does not parse (it begins "{"choices": ["): ${COMPATIBLE}`,
  },
  {
    when: "an event is broken JSON",
    reply: { body: 'data: {"choices": [\n\n', content_type: "text/event-stream" },
    kind: "unavailable",
    says: `it sent an event that is not JSON: ${COMPATIBLE}`,
  },
  {
    when: "an error comes in the middle of a stream",
    reply: {
      body: [
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
        'data: {"error":{"message":"GPU lost"}}\n\n',
      ],
    },
    kind: "unavailable",
    says: 'the server gave up in the middle of its answer: "GPU lost"',
  },
  {
    when: "a 200 holds an error with a status of its own",
    reply: { body: { error: { message: "Provider is down", code: 502 } } },
    kind: "unavailable",
    status: 502,
    says: 'the server failed (502: "Provider is down")',
  },
  {
    when: "a stream ends without a finish_reason and without [DONE]",
    reply: { text: "half of it", finish_reason: null, done: false },
    kind: "unavailable",
    says: `it broke off in the middle of its answer…: ${COMPATIBLE}`,
  },
  {
    when: "a tool call has no name",
    reply: { deltas: [{ tool_calls: [{ index: 0, id: "a", function: { arguments: "{}" } }] }] },
    kind: "unavailable",
    says: `it answered with a tool call that has no name…: ${COMPATIBLE}`,
  },
  {
    when: "the connection breaks before the answer",
    reply: { reset: "before" },
    kind: "unavailable",
    says: "the connection broke off",
  },
  {
    when: "the connection breaks in the middle of the answer",
    reply: { text: "a text of several pieces", reset: "middle" },
    kind: "unavailable",
    says: "the connection broke off",
  },
  {
    when: "no answer comes",
    reply: { hang: "before" },
    asking: { options: { timeouts: { first_content_ms: 50 } } },
    kind: "unavailable",
    says: "no content came within 0.05 s",
  },
  {
    when: "an answer stands still",
    reply: { text: "a text of several pieces", hang: "middle" },
    asking: { options: { timeouts: { idle_ms: 50 } } },
    kind: "unavailable",
    says: "the answer stood still for 0.05 s",
  },
  {
    when: "an error's body never ends",
    reply: { status: 500, body: "half of an error", hang: "middle" },
    asking: { options: { timeouts: { deadline_ms: 50 } } },
    kind: "unavailable",
    status: 500,
    says: 'the server failed (500: "half of")',
  },
];

for (const { when, reply, asking, kind, status, says } of CASES) {
  Deno.test(`complete() says what happened when ${when}`, STRICT, async () => {
    const { error, message } = await askInVain([reply], asking);
    const [before = "", after] = says.split("…");
    const whole = `Asking model "m1" at HOST failed: ${before}`;
    // "…" stands for a part that only repeats the frame of the stream.
    assertEquals(after === undefined ? message : message.slice(0, whole.length), whole);
    if (after !== undefined) assert(message.endsWith(after), message);
    assertEquals([error.kind, error.status], [kind, status]);
    assertNotMatch(Deno.inspect(error, { depth: 20 }), new RegExp(KEY));
  });
}

Deno.test("complete() asks once, whatever comes back", STRICT, async () => {
  for (const status of [408, 409, 429, 500, 503]) {
    assertEquals((await askInVain([refusal(status, "no")])).requests, 1);
  }
});

Deno.test("complete() says how long a server asks to wait, however long", STRICT, async () => {
  const wait = async (status: number, headers: Record<string, string>) =>
    (await askInVain([{ status, headers, body: { error: { message: "busy" } } }])).error;
  const limited = await wait(429, { "retry-after": "86400" });
  assertEquals([limited.kind, limited.retry_after_ms], ["rate_limited", 86_400_000]);
  assert(limited.message.endsWith('(429: "busy"), and asks to wait 86,400 s'), limited.message);
  const busy = await wait(503, { "retry-after": "7" });
  assertEquals([busy.kind, busy.retry_after_ms], ["unavailable", 7_000]);
  assertEquals((await wait(429, { "retry-after-ms": "250" })).retry_after_ms, 250);
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const until = (await wait(429, { "retry-after": date })).retry_after_ms ?? 0;
  assert(Math.abs(until - 3_600_000) < 60_000, `${until}`);
  assertEquals((await wait(500, { "retry-after": "7" })).retry_after_ms, undefined);
});

Deno.test("complete() does not take comments and empty chunks for content", STRICT, async () => {
  const alive = ": still here\n\n" +
    'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n';
  const body = Array.from({ length: 50 }, () => alive);
  const { message } = await askInVain([{ body, hang: "middle" }], {
    options: { timeouts: { first_content_ms: 60, idle_ms: 10 } },
  });
  assert(message.endsWith("no content came within 0.06 s"), message);
});

Deno.test("complete() takes reasoning for a sign of life", STRICT, async () => {
  const think = { reasoning_content: "hm" };
  const { message } = await askInVain([
    { deltas: [think, think, think, think], hang: "middle" },
  ], { options: { timeouts: { first_content_ms: 60_000, idle_ms: 30 } } });
  assert(message.endsWith("the answer stood still for 0.03 s"), message);
});

Deno.test(
  "complete() gives up an answer that is not complete at the deadline",
  STRICT,
  async () => {
    const { message } = await askInVain([{ text: "several pieces of text", hang: "middle" }], {
      options: { timeouts: { deadline_ms: 50 } },
    });
    assert(message.endsWith("the answer was not complete within 0.05 s"), message);
  },
);

Deno.test("complete() stops when the caller says so, before or in the middle", STRICT, async () => {
  const early = await askInVain([{ text: "unseen" }], { signal: AbortSignal.abort() });
  assertEquals([early.error.kind, early.requests], ["aborted", 0]);
  assertEquals(early.message, 'Asking model "m1" at HOST was stopped');
  const stop = new AbortController();
  const late = await askInVain([{ text: "several pieces of text", hang: "middle" }], {
    signal: stop.signal,
    onText: () => stop.abort(),
  });
  assertEquals(late.error.kind, "aborted");
});

Deno.test("complete() refuses an answer that is too long", STRICT, async () => {
  const piece = { choices: [{ delta: { content: "x".repeat(1_000_000) } }] };
  const body = Array.from({ length: 9 }, () => `data: ${JSON.stringify(piece)}\n\n`);
  const { error, message } = await askInVain([{ body }]);
  assertEquals(error.kind, "unavailable");
  assert(message.includes("its answer is longer than 8,388,608 characters"), message);
});

Deno.test("complete() refuses a body that never ends", STRICT, async () => {
  const body = Array.from({ length: 70 }, () => ": ".padEnd(1024 * 1024, "x"));
  const { message } = await askInVain([{ body }]);
  assert(message.includes("its answer is larger than 67,108,864 bytes"), message);
});

Deno.test("complete() quotes only the beginning of a huge error", STRICT, async () => {
  const { error, message } = await askInVain([{ status: 500, body: "x".repeat(10_000_000) }]);
  assertEquals(error.status, 500);
  assert(message.length < 500, `${message.length}`);
});

Deno.test("complete() takes a text of a few megabytes", STRICT, async () => {
  const { answer } = await ask([{ text: "y".repeat(3_000_000), chunk_size: 100_000 }]);
  assertEquals(answer.message.content?.length, 3_000_000);
});

Deno.test("complete() says what to do when nothing answers", STRICT, async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const failure = await failureAt(`http://127.0.0.1:${port}/v1`);
  assertEquals(
    failure.message,
    `Asking model "m1" at 127.0.0.1:${port} failed: nothing answers there (connection refused): start the server or correct OPENAI_BASE_URL`,
  );
  assertEquals(failure.kind, "unavailable");
});

Deno.test("complete() says what to do when the name is unknown", STRICT, async () => {
  const failure = await failureAt("http://no-such-host.invalid/v1");
  assertEquals(
    failure.message,
    'Asking model "m1" at no-such-host.invalid failed: the host\'s name cannot be resolved: check OPENAI_BASE_URL and the network',
  );
});

Deno.test("complete() says what to do when TLS fails", STRICT, async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(),
  );
  const failure = await failureAt(`https://127.0.0.1:${server.addr.port}/v1`);
  await server.shutdown();
  assert(failure.message.includes("no secure connection could be made"), failure.message);
});

Deno.test("complete() says that a key holds what no key has", STRICT, async () => {
  for (const key of ["secret\nkey", "schlüssel-секрет"]) {
    const failure = await failureAt("http://127.0.0.1:9/v1", key);
    assert(failure.message.endsWith("correct OPENAI_API_KEY"), failure.message);
    assert(!Deno.inspect(failure, { depth: 20 }).includes(key));
  }
});

Deno.test("complete() never tells the password in a base URL", STRICT, async () => {
  const failure = await failureAt("http://me:pass-word@no-such-host.invalid/v1");
  assert(failure.message.includes("at no-such-host.invalid failed"), failure.message);
  assertNotMatch(Deno.inspect(failure, { depth: 20 }), /pass-word/);
});

async function failureAt(base_url: string, api_key: string = KEY): Promise<ModelError> {
  try {
    await openModel({ name: "m1", api_key, base_url }).complete(HELLO);
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}
