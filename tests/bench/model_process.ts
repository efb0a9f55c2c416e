/**
 * A model server as a process of its own, so that what it costs is not counted as the service's.
 *
 * It is lean on purpose: a request is looked at, not parsed, and the answers are made once. How it
 * answers depends on the model that is asked for.
 */
import { fromFileUrl } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import { linesOf } from "./lines_of.ts";

/** Asks for calls of `calculate` in each step but the last, whose answer is a text. */
export const STEPS_MODEL = "steps";
/** What {@linkcode STEPS_MODEL} waits before each answer, milliseconds. */
export const ANSWER_MS = 100;
/** Model calls of a task of {@linkcode STEPS_MODEL}, the last one without tools. */
export const STEPS = 3;
/** Tool calls in each step but the last. */
export const CALLS_PER_STEP = 2;
/** Answers with a text at once, without tools, after {@linkcode TEXT_ANSWER_MS}. */
export const TEXT_MODEL = "text";
export const TEXT_ANSWER_MS = 200;
/** Never answers. */
export const HELD_MODEL = "held";

/** A running model server. */
export interface ModelProcess extends AsyncDisposable {
  /** For `OPENAI_BASE_URL`. */
  readonly base_url: string;
  /** How many calls wait for their answer now. */
  inFlight(): Promise<number>;
}

/** Starts the server. Needs `--allow-run=deno` and `--allow-net`. */
export async function startModelProcess(): Promise<ModelProcess> {
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", fromFileUrl(import.meta.url)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const base_url = await firstLine(child.stdout);
  const counter = new URL("/in_flight", base_url);
  return {
    base_url,
    inFlight: async () => Number(await (await fetch(counter)).text()),
    async [Symbol.asyncDispose]() {
      // It lives as long as its standard input, so that it never outlives this process.
      await child.stdin.close();
      await child.status;
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const lines = linesOf(stream);
  const { value, done } = await lines.next();
  if (done) throw new Error("the model server ended before it said where it is");
  await lines.return(undefined);
  return value;
}

const encoder = new TextEncoder();

/** The events of an answer, whole: tool calls of a step, or the last text. */
function events(delta: Record<string, unknown>, finish_reason: string): Uint8Array<ArrayBuffer> {
  const frame = (rest: Record<string, unknown>) =>
    `data: ${
      JSON.stringify({ id: "bench", object: "chat.completion.chunk", created: 0, ...rest })
    }\n\n`;
  const choice = (of: Record<string, unknown>, reason: string | null) =>
    frame({ model: "bench", choices: [{ index: 0, delta: of, finish_reason: reason }] });
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  return encoder.encode(
    choice({ role: "assistant", content: "", ...delta }, null) + choice({}, finish_reason) +
      frame({ choices: [], usage }) + "data: [DONE]\n\n",
  );
}

function callsOf(step: number): Uint8Array<ArrayBuffer> {
  const tool_calls = Array.from({ length: CALLS_PER_STEP }, (_, index) => ({
    index,
    id: `call_${step}_${index}`,
    type: "function",
    function: { name: "calculate", arguments: `{"expression":"${step} + ${index}"}` },
  }));
  return events({ tool_calls }, "tool_calls");
}

const ANSWERS = [
  ...Array.from({ length: STEPS - 1 }, (_, step) => callsOf(step + 1)),
  events({ content: "All of it was worked out: the sums are in." }, "stop"),
];
const HEADERS = { "content-type": "text/event-stream" };

async function answer(body: string): Promise<Response> {
  if (body.includes(`"model":"${HELD_MODEL}"`)) await new Promise(() => {});
  if (body.includes(`"model":"${TEXT_MODEL}"`)) {
    await sleep(TEXT_ANSWER_MS);
    return new Response(ANSWERS.at(-1)!, { headers: HEADERS });
  }
  await sleep(ANSWER_MS);
  const step = body.split('"role":"assistant"').length - 1;
  return new Response(ANSWERS[Math.min(step, ANSWERS.length - 1)]!, { headers: HEADERS });
}

async function serve(): Promise<void> {
  let waiting = 0;
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => {
      Deno.stdout.writeSync(encoder.encode(`http://127.0.0.1:${port}/v1\n`));
    },
  }, async (request) => {
    if (request.url.endsWith("/in_flight")) return new Response(String(waiting));
    const body = await request.text();
    waiting++;
    const response = await answer(body);
    waiting--;
    return response;
  });
  for await (const _ of Deno.stdin.readable) { /* Until it ends. */ }
  // Calls that are held would keep it.
  Deno.exit();
}

if (import.meta.main) await serve();
