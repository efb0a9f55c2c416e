/**
 * An OpenAI-compatible model server that says what a script tells it, over real HTTP.
 *
 * It is built on `node:http`, whose sockets can be reset by hand; `Deno.serve` cannot do that.
 *
 * ```ts
 * await using server = await startModelServer([{ text: "Hello" }]);
 * // … something asks server.base_url …
 * const asked = await server.request(1);
 * ```
 *
 * Run as a program it prints `{"base_url": …}` and answers every request with "ok", or with the
 * text given as its argument, until it is killed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type AskedFor, renderReply, type Reply, type WireReply } from "./model_reply.ts";

export { Gate } from "./gate.ts";
export type { Reply, ScriptedToolCall } from "./model_reply.ts";

/** A message as it came in. */
export interface RequestMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

/** A request's parsed JSON body. */
export interface RequestBody {
  readonly model: string;
  readonly messages: readonly RequestMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly [field: string]: unknown;
}

/** A request as the server saw it. */
export interface RecordedRequest {
  /** Which one it is, counted from 1 over all of the server's. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  /** Resolves when the exchange is over: answered whole, or the connection gone. */
  readonly closed: Promise<"answered" | "disconnected">;
}

/** Replies in order, or a function that makes one from the request. */
export type Script =
  | readonly Reply[]
  | ((request: RecordedRequest) => Reply | Promise<Reply>);

export interface ModelServer extends AsyncDisposable {
  /** For `OPENAI_BASE_URL`: `http://{hostname}:{port}/v1`. */
  readonly base_url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The n-th request, from 1; waits until it has come. */
  request(n: number): Promise<RecordedRequest>;
  /** Ends the server and every connection, answered or not. */
  close(): Promise<void>;
}

/**
 * Starts a server; a script in a list that has run out answers 500 and says so.
 *
 * @param hostname the address where it listens, on a free port. Default: 127.0.0.1
 */
export async function startModelServer(
  script: Script,
  hostname = "127.0.0.1",
): Promise<ModelServer> {
  const answer = typeof script === "function" ? script : fromQueue(script);
  const requests: RecordedRequest[] = [];
  const waiting = new Map<number, PromiseWithResolvers<RecordedRequest>>();
  const ended = new AbortController();
  let calls = 0;

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const request = record(incoming, response, body, requests.length + 1);
    requests.push(request);
    waiting.get(request.number)?.resolve(request);
    const reply = await answer(request);
    const wire = renderReply(reply, askedFor(request.body), () => `call_${++calls}`);
    await deliver(reply, wire, incoming, response, ended.signal);
  }
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve));

  async function close(): Promise<void> {
    ended.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
  return {
    base_url: `http://${hostname}:${(server.address() as AddressInfo).port}/v1`,
    requests,
    request(n) {
      const there = requests[n - 1];
      if (there !== undefined) return Promise.resolve(there);
      const waiter = waiting.get(n) ?? Promise.withResolvers<RecordedRequest>();
      waiting.set(n, waiter);
      return waiter.promise;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function fromQueue(replies: readonly Reply[]): (request: RecordedRequest) => Reply {
  return (request) =>
    replies[request.number - 1] ??
      { status: 500, body: { error: { message: "the script has no reply left" } } };
}

async function readBody(incoming: IncomingMessage): Promise<RequestBody> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of incoming) text += decoder.decode(piece, { stream: true });
  text += decoder.decode();
  return text === "" ? { model: "", messages: [] } : JSON.parse(text);
}

function record(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
  number: number,
): RecordedRequest {
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return {
    number,
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: Object.fromEntries(headers),
    body,
    closed: new Promise((resolve) => {
      response.on("close", () => resolve(response.writableFinished ? "answered" : "disconnected"));
    }),
  };
}

function askedFor(body: RequestBody): AskedFor {
  return {
    model: body.model,
    stream: body.stream === true,
    include_usage: body.stream_options?.include_usage === true,
  };
}

async function deliver(
  reply: Reply,
  wire: WireReply,
  incoming: IncomingMessage,
  response: ServerResponse,
  ended: AbortSignal,
): Promise<void> {
  await reply.gate?.pass();
  if (reply.latency_ms) await wait(reply.latency_ms, ended);
  if (reply.hang === "before") return;
  if (reply.reset === "before") return void incoming.socket.resetAndDestroy();
  response.writeHead(wire.status, { "content-type": wire.content_type, ...reply.headers });
  const pieces = wire.pieces.length === 1 ? halves(wire.pieces[0]!) : wire.pieces;
  const middle = Math.ceil(pieces.length / 2);
  for (const piece of pieces.slice(0, middle)) await write(response, piece);
  await reply.middle_gate?.pass();
  if (reply.hang === "middle") return;
  // A TCP reset here could overtake the first half in the client's buffers.
  if (reply.reset === "middle") return incoming.socket.destroySoon();
  for (const piece of pieces.slice(middle)) await write(response, piece);
  response.end();
}

function halves(piece: string | Uint8Array): (string | Uint8Array)[] {
  const middle = Math.ceil(piece.length / 2);
  return [piece.slice(0, middle), piece.slice(middle)];
}

/** Resolves when the piece has left for the socket, or the socket is gone. */
function write(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.write(piece)) return resolve();
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

if (import.meta.main) {
  const text = Deno.args[0] ?? "ok";
  const server = await startModelServer(() => ({ text }));
  await Deno.stdout.write(
    new TextEncoder().encode(JSON.stringify({ base_url: server.base_url }) + "\n"),
  );
}
