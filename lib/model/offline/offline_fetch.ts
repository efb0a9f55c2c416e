/** The offline model as a server: the chat-completions protocol without a network. */
import { asObject } from "../protocol_break.ts";
import { chatReply } from "./chat.ts";
import { type Reading, readRequest } from "./reading.ts";
import type { Reply } from "./reply.ts";
import { WHAT_I_AM } from "./small_talk.ts";
import { workerReply } from "./worker.ts";

/** Longest text that is read, in UTF-16 units: rules do not get better with more words. */
const MAX_TEXT = 5_000;

export interface OfflineOptions {
  /** Before each answer, in milliseconds, so that people see a task running. Default 0. */
  readonly latency_ms?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

/** Answers `POST …/chat/completions`, streamed or whole, as a server would. Needs no permission. */
export function offlineFetch(options: OfflineOptions = {}): typeof fetch {
  const now = options.now ?? Date.now;
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || !pathname.endsWith("/chat/completions")) {
      return refusal(404, "The offline model answers only POST …/chat/completions.");
    }
    const body = asObject(await request.json().catch(() => undefined));
    if (body === undefined) return refusal(400, "The request's body is no JSON object.");
    if (options.latency_ms) await wait(options.latency_ms, init?.signal ?? request.signal);
    return answer(body, replyTo(readRequest(body), now()));
  };
}

function replyTo(reading: Reading, now: number): Reply {
  if (reading.text.length > MAX_TEXT) {
    const limit = MAX_TEXT.toLocaleString("en");
    return { text: `I read texts of at most ${limit} characters, so I did nothing. ${WHAT_I_AM}` };
  }
  return reading.role === "chat" ? chatReply(reading, now) : workerReply(reading);
}

function answer(body: Record<string, unknown>, reply: Reply): Response {
  const said = { model: String(body.model), message: messageOf(body, reply) };
  return body.stream === true ? streamed(said) : whole(said);
}

interface Said {
  readonly model: string;
  readonly message: {
    readonly role: "assistant";
    readonly content: string | null;
    readonly tool_calls?: readonly WireCall[];
  };
}

interface WireCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

function messageOf(body: Record<string, unknown>, reply: Reply): Said["message"] {
  if ("text" in reply) return { role: "assistant", content: reply.text };
  // A conversation only grows, so its length makes ids that are new in it and always the same.
  const length = Array.isArray(body.messages) ? body.messages.length : 0;
  const tool_calls = reply.calls.map(({ name, args }, index): WireCall => ({
    id: `call_${length}_${index + 1}`,
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
  }));
  return { role: "assistant", content: null, tool_calls };
}

function whole({ model, message }: Said): Response {
  const finish_reason = finishOf(message);
  return Response.json({
    object: "chat.completion",
    model,
    choices: [{ index: 0, message, finish_reason }],
  });
}

function streamed({ model, message }: Said): Response {
  const deltas: Record<string, unknown>[] = [{ role: "assistant", content: "" }];
  for (const [piece] of (message.content ?? "").matchAll(/\s*\S+\s*$|\s*\S+/g)) {
    deltas.push({ content: piece });
  }
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    deltas.push({ tool_calls: [{ index, ...call }] });
  }
  const choices: Record<string, unknown>[] = deltas
    .map((delta) => ({ index: 0, delta, finish_reason: null }));
  choices.push({ index: 0, delta: {}, finish_reason: finishOf(message) });
  const events = choices
    .map((choice) => ({ object: "chat.completion.chunk", model, choices: [choice] }))
    .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const stream = ReadableStream.from([...events, "data: [DONE]\n\n"])
    .pipeThrough(new TextEncoderStream());
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}

function finishOf(message: Said["message"]): string {
  return message.tool_calls === undefined ? "stop" : "tool_calls";
}

function refusal(status: number, message: string): Response {
  return Response.json({ error: { message } }, { status });
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
