/**
 * The program of a tool process: loads one tool and answers calls to it.
 *
 * It shares its thread and its globals with the tool. So everything it answers with is taken hold
 * of before the tool's code is loaded, the token that marks its lines never enters an object, and
 * what the tool prints goes to standard error.
 */
import type { z } from "zod";
import type { Tool } from "./define_tool.ts";
import { startWatchdog } from "./watchdog.ts";
import type { FromProcess, ToProcess } from "./wire.ts";

type Init = Omit<Extract<ToProcess, { type: "init" }>, "token">;
type Call = Extract<ToProcess, { type: "call" }>;
type Send = (message: FromProcess) => void;

const parse = JSON.parse;
const stringify = JSON.stringify;
const stdout = Deno.stdout;
const write = stdout.writeSync.bind(stdout);
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);
const apply = Reflect.apply;
const subarray = Uint8Array.prototype.subarray;
const lengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "length",
)?.get as () => number;

const calls = new Map<string, AbortController>();
const artifacts = new Map<
  number,
  { keep: (name: string) => void; refuse: (error: Error) => void }
>();
let artifactNumber = 0;

let send: Send = () => {};
let init: Init | undefined;
let tool: Tool | undefined;
let settings: unknown;

// What these keep lies on the disk, for which Deno asks no permission.
for (const storage of ["localStorage", "sessionStorage", "caches"]) {
  Reflect.deleteProperty(globalThis, storage);
}

// Standard output is for messages alone.
// deno-lint-ignore no-console
console.log = console.info = console.debug = console.error;
const watchdog = startWatchdog((line) => receive(parse(line) as ToProcess));
// While the watchdog's thread starts: one after the other a process is ready after 56 ms, so after
// 48 (2 cores that do nothing else).
const loadingZod = import("zod");
let zod: typeof z | undefined;

function receive(message: ToProcess): void {
  if (message.type === "init") {
    const { token, ...rest } = message;
    init = rest;
    send = sender(token);
    if (init.mode === "declare") announce(init.module);
  } else if (message.type === "settings" && init !== undefined) {
    if (init.mode === "declare") declare(message.settings);
    else prepare(init.module, message.settings);
  } else if (message.type === "call") answer(message);
  else if (message.type === "cancel") calls.get(message.call)?.abort();
  else if (message.type === "artifact_kept") artifactKept(message);
}

// A line break first: the tool may have printed half a line.
function sender(token: string): Send {
  return (message) => {
    let bytes = encode(`\n${token} ${stringify(message)}\n`);
    for (let left = apply(lengthOf, bytes, []); left > 0; left = apply(lengthOf, bytes, [])) {
      bytes = apply(subarray, bytes, [write(bytes)]) as typeof bytes;
    }
  };
}

async function load(module: string): Promise<Tool> {
  ({ z: zod } = await loadingZod);
  const found = (await import(module) as { default?: Tool }).default;
  if (typeof found?.run !== "function" || typeof found.parameters?.safeParseAsync !== "function") {
    throw new TypeError("it has no default export made by defineTool");
  }
  if (typeof found.name !== "string") {
    throw new TypeError('it declares no name; expected a text such as "word_count"');
  }
  return found;
}

async function announce(module: string): Promise<void> {
  try {
    tool = await load(module);
    send({ type: "name", name: tool.name });
  } catch (error) {
    fail(error);
  }
}

function declare(given: unknown): void {
  try {
    if (tool === undefined) throw new Error("its settings came before it was loaded");
    settings = checkSettings(tool, given);
    const { deny_net, description, permissions } = tool;
    send({
      type: "declaration",
      declaration: {
        description: typeof description === "function" ? description(settings) : description,
        parameters: jsonSchema(tool),
        permissions: typeof permissions === "function" ? permissions(settings) : permissions,
        deny_net: typeof deny_net === "function" ? deny_net(settings) : deny_net,
        effects: tool.effects,
        timeout_seconds: tool.timeout_seconds,
        memory_mb: tool.memory_mb,
        unavailable: tool.unavailable(settings) ?? null,
      },
    });
  } catch (error) {
    fail(error);
  }
}

function jsonSchema(of: Tool): Record<string, unknown> {
  const { $schema: _, ...schema } = zod!.toJSONSchema(of.parameters, { io: "input" });
  return schema;
}

async function prepare(module: string, given: unknown): Promise<void> {
  try {
    tool = await load(module);
    settings = checkSettings(tool, given);
    watchdog.tell({ busy: false });
    send({ type: "ready" });
  } catch (error) {
    fail(error);
  }
}

function checkSettings(of: Tool, given: unknown): unknown {
  const parsed = strict(of.settings).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new TypeError(`its settings in tools.json do not fit: ${issues(parsed.error)}`);
}

// A key that the tool does not know is a slip of the operator's pen, unless the tool says that
// it takes any.
function strict(schema: z.ZodType): z.ZodType {
  const isPlain = schema instanceof zod!.ZodObject && schema.def.catchall === undefined;
  return isPlain ? schema.strict() : schema;
}

function fail(error: unknown): void {
  const text = errorText(error);
  const needs_packages = /--cached-only|not found in (npm )?cache|npm package/i.test(text);
  send({ type: "failed", error: text, needs_packages });
}

async function answer(message: Call): Promise<void> {
  const controller = new AbortController();
  calls.set(message.call, controller);
  watchdog.tell({ busy: true });
  let ok = false;
  let text: string;
  try {
    text = outputText(await runTool(message, controller.signal));
    ok = true;
  } catch (error) {
    text = errorText(error);
  }
  const limit = init?.answer_bytes ?? 0;
  if (ok && encode(text).length > limit) {
    ok = false;
    text = `it answered with ${encode(text).length} bytes, expected at most ${limit}`;
  }
  calls.delete(message.call);
  watchdog.tell({ busy: false });
  send({ type: "answer", call: message.call, ok, text: ok ? text : text.slice(0, 4000) });
}

async function runTool(message: Call, signal: AbortSignal): Promise<unknown> {
  if (tool === undefined) throw new Error("it was called before it was ready");
  const args = await tool.parameters.safeParseAsync(message.args);
  if (!args.success) throw new TypeError(`the arguments do not fit: ${issues(args.error)}`);
  return await tool.run(args.data, {
    settings,
    signal,
    task_id: message.task_id,
    conversation_id: message.conversation_id,
    idempotency_key: message.idempotency_key,
    artifact: (name, bytes) => keepArtifact(message.call, name, bytes),
  });
}

function keepArtifact(call: string, name: string, content: Uint8Array | string): Promise<string> {
  const bytes = typeof content === "string" ? encode(content) : content;
  const limit = init?.artifact_bytes ?? 0;
  if (bytes.length > limit) {
    const got = `the artifact "${name}" has ${bytes.length} bytes`;
    return Promise.reject(new RangeError(`${got}, expected at most ${limit}`));
  }
  const artifact = ++artifactNumber;
  return new Promise((keep, refuse) => {
    artifacts.set(artifact, { keep, refuse });
    send({ type: "artifact", call, artifact, name: String(name), base64: base64(bytes) });
  });
}

function base64(bytes: Uint8Array): string {
  return (bytes as Uint8Array & { toBase64(): string }).toBase64();
}

function artifactKept(message: Extract<ToProcess, { type: "artifact_kept" }>): void {
  const waiting = artifacts.get(message.artifact);
  artifacts.delete(message.artifact);
  if (message.name !== null) waiting?.keep(message.name);
  else waiting?.refuse(new Error(message.error ?? "the artifact was refused"));
}

function outputText(value: unknown): string {
  if (typeof value === "string") return value;
  return stringify(value) ?? "(no output)";
}

function issues(error: z.ZodError): string {
  return error.issues.slice(0, 5)
    .map((issue) => `${issue.path.map(String).join(".") || "the object"}: ${issue.message}`)
    .join("; ");
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  const text = `${error.message || error.name}${cause}`;
  return text
    // deno-lint-ignore no-control-regex
    .replace(/\x1b\[[0-9;]*m/g, "")
    .replace(/\n {4}at .*/g, "")
    .replace(/, run again with the --allow-\w+ flag/g, ", which its permissions do not include");
}
