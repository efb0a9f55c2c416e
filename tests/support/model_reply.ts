/** What the scripted model server answers, and how that looks in the chat-completions protocol. */
import type { Gate } from "./gate.ts";

/** A tool call as a script writes it. */
export interface ScriptedToolCall {
  readonly name: string;
  /** A text goes out as it is (it may be broken JSON); an object as JSON. */
  readonly arguments: string | Record<string, unknown>;
  /** `call_{n}` in the order of all calls of the server when absent. */
  readonly id?: string;
}

/** What is counted. Absent: made up from the lengths; `false`: the server says nothing of it. */
export interface ScriptedUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** How the answer travels. All of it may be combined with every kind of reply. */
interface Delivery {
  /** Awaited before the status line. */
  readonly gate?: Gate;
  /** Awaited in the middle of the body, after about half of its pieces. */
  readonly middle_gate?: Gate;
  /** Never answers, or stops in the middle of the body; ends when the client goes away. */
  readonly hang?: "before" | "middle";
  /** Resets the connection (TCP RST), or closes it in the middle of the body. */
  readonly reset?: "before" | "middle";
  /** Milliseconds before the status line. Default 0. */
  readonly latency_ms?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An assistant's message. */
export interface MessageReply extends Delivery {
  readonly text?: string;
  readonly tool_calls?: readonly ScriptedToolCall[];
  /** Default "tool_calls" with tool calls, else "stop"; `null` never sends one. */
  readonly finish_reason?: string | null;
  readonly usage?: ScriptedUsage | false;
  /** The name that answers. Default: the one asked for. */
  readonly model?: string;
  /** `false`: a JSON body although a stream was asked for. */
  readonly stream?: false;
  /** `false`: the stream ends without `data: [DONE]`. */
  readonly done?: false;
  /** Characters of text or arguments in a piece. Default 12. */
  readonly chunk_size?: number;
}

/** The deltas as they are, one event each; nothing is added but the frame and `[DONE]`. */
export interface DeltasReply extends Delivery {
  readonly deltas: readonly Record<string, unknown>[];
  readonly finish_reason?: string | null;
  readonly done?: false;
}

/** Any bytes at all. */
export interface RawReply extends Delivery {
  readonly status?: number;
  /** Default "application/json" for an object, else "text/plain". */
  readonly content_type?: string;
  /** Pieces are written one after the other; an object goes out as JSON. */
  readonly body: string | Uint8Array | readonly (string | Uint8Array)[] | Record<string, unknown>;
}

export type Reply = MessageReply | DeltasReply | RawReply | Delivery;

/** The parts of a request's body that a reply depends on. */
export interface AskedFor {
  readonly model: string;
  readonly stream: boolean;
  readonly include_usage: boolean;
}

/** A reply as it goes over the wire. */
export interface WireReply {
  readonly status: number;
  readonly content_type: string;
  readonly pieces: readonly (string | Uint8Array)[];
}

/** Renders a reply. `callId` names tool calls that have no id of their own. */
export function renderReply(reply: Reply, asked: AskedFor, callId: () => string): WireReply {
  if ("body" in reply) return renderRaw(reply);
  if ("deltas" in reply) return renderDeltas(reply, asked);
  const message: MessageReply = reply;
  return asked.stream && message.stream !== false
    ? renderStream(message, asked, callId)
    : renderJson(message, asked, callId);
}

function renderRaw(reply: RawReply): WireReply {
  const { body } = reply;
  const is_json = typeof body === "object" && !(body instanceof Uint8Array) && !Array.isArray(body);
  const pieces = is_json ? [JSON.stringify(body)] : Array.isArray(body) ? body : [body];
  return {
    status: reply.status ?? 200,
    content_type: reply.content_type ?? (is_json ? "application/json" : "text/plain"),
    pieces: pieces as (string | Uint8Array)[],
  };
}

function renderDeltas(reply: DeltasReply, asked: AskedFor): WireReply {
  const choices = reply.deltas.map((delta) => ({
    index: 0,
    delta,
    finish_reason: null as unknown,
  }));
  if (reply.finish_reason !== null) {
    choices.push({ index: 0, delta: {}, finish_reason: reply.finish_reason ?? "stop" });
  }
  return eventStream(
    choices.map((choice) => frame(asked.model, { choices: [choice] })),
    reply.done,
  );
}

function renderStream(reply: MessageReply, asked: AskedFor, callId: () => string): WireReply {
  const model = reply.model ?? asked.model;
  const deltas: Record<string, unknown>[] = [{ role: "assistant", content: "" }];
  for (const piece of cut(reply.text ?? "", reply.chunk_size)) deltas.push({ content: piece });
  for (const [index, call] of (reply.tool_calls ?? []).entries()) {
    const head = { name: call.name, arguments: "" };
    deltas.push({
      tool_calls: [{ index, id: call.id ?? callId(), type: "function", function: head }],
    });
    for (const piece of cut(argumentsOf(call), reply.chunk_size)) {
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  const frames = deltas.map((delta) =>
    frame(model, { choices: [{ index: 0, delta, finish_reason: null }] })
  );
  const finish_reason = finishReason(reply);
  if (finish_reason !== null) {
    frames.push(frame(model, { choices: [{ index: 0, delta: {}, finish_reason }] }));
  }
  if (asked.include_usage && reply.usage !== false) {
    frames.push(frame(model, { choices: [], usage: usageOf(reply) }));
  }
  return eventStream(frames, reply.done);
}

function renderJson(reply: MessageReply, asked: AskedFor, callId: () => string): WireReply {
  const tool_calls = (reply.tool_calls ?? []).map((call) => ({
    id: call.id ?? callId(),
    type: "function",
    function: { name: call.name, arguments: argumentsOf(call) },
  }));
  const message = {
    role: "assistant",
    content: reply.text ?? null,
    ...(tool_calls.length > 0 ? { tool_calls } : {}),
  };
  const body = {
    id: "chatcmpl-scripted",
    object: "chat.completion",
    created: 0,
    model: reply.model ?? asked.model,
    choices: [{ index: 0, message, finish_reason: finishReason(reply) }],
    ...(reply.usage === false ? {} : { usage: usageOf(reply) }),
  };
  return { status: 200, content_type: "application/json", pieces: [JSON.stringify(body)] };
}

function frame(model: string, rest: Record<string, unknown>): Record<string, unknown> {
  return { id: "chatcmpl-scripted", object: "chat.completion.chunk", created: 0, model, ...rest };
}

function eventStream(frames: readonly unknown[], done: false | undefined): WireReply {
  const pieces = frames.map((each) => `data: ${JSON.stringify(each)}\n\n`);
  if (done !== false) pieces.push("data: [DONE]\n\n");
  return { status: 200, content_type: "text/event-stream", pieces };
}

function finishReason(reply: MessageReply): string | null {
  if (reply.finish_reason !== undefined) return reply.finish_reason;
  return (reply.tool_calls?.length ?? 0) > 0 ? "tool_calls" : "stop";
}

function argumentsOf(call: ScriptedToolCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

function usageOf(reply: MessageReply): Record<string, number> {
  const length = (reply.text ?? "").length +
    (reply.tool_calls ?? []).reduce((sum, call) => sum + argumentsOf(call).length, 0);
  const usage = reply.usage || { prompt_tokens: 10, completion_tokens: Math.ceil(length / 4) };
  return { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
}

function* cut(text: string, size = 12): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
