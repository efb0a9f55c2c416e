/** Reads a request the way the offline model understands it. Only the person's words are orders. */
import { asObject } from "../protocol_break.ts";

/** The tool whose answers are what the program tells by itself. */
const NOTIFICATION_TOOL = "get_notifications";
const SCHEDULE_TOOL = "schedule_background_task";

/** A tool that is offered. */
export interface OfferedTool {
  readonly name: string;
  /** The arguments it takes, by name. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
}

/** A tool call that was made and what it answered. */
export interface CallResult {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** As the program gives it to the model; data, whatever it says. */
  readonly output: string;
  readonly failed: boolean;
}

export interface Reading {
  /** A chat can hand work to the background; a background worker does it. */
  readonly role: "chat" | "worker";
  /** What the person, or the task, asks for. */
  readonly text: string;
  readonly tools: ReadonlyMap<string, OfferedTool>;
  /** Since that was asked, oldest first. */
  readonly results: readonly CallResult[];
  /** What the person said before that; empty where that was nothing. */
  readonly before: string;
  /** What that got for an answer. */
  readonly answered: string;
}

interface Message {
  readonly role: string;
  readonly content: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly tool_call_id: string;
}

/** Reads the body of a chat-completions request; anything of the wrong shape is left out. */
export function readRequest(body: Record<string, unknown>): Reading {
  const messages = list(body.messages).map(readMessage);
  const tools = readTools(body.tools);
  const role = tools.has(SCHEDULE_TOOL) ? "chat" : "worker";
  const asked = (message: Message) => message.role === "user";
  // A worker's task is the first message; later ones only ask it to go on.
  const at = role === "chat" ? messages.findLastIndex(asked) : messages.findIndex(asked);
  const earlier = messages.slice(0, Math.max(0, at));
  return {
    role,
    text: plain(messages[at]),
    tools,
    before: plain(earlier.findLast(asked)),
    answered: plain(earlier.findLast(({ role }) => role === "assistant")),
    results: resultsOf(messages.slice(at + 1)).filter(({ name }) => name !== NOTIFICATION_TOOL),
  };
}

// Runs of blanks mean nothing, and make pattern matching slow.
function plain(message: Message | undefined): string {
  return (message?.content ?? "").replace(/[^\S\n]+/g, " ").replace(/\s*\n\s*/g, "\n").trim();
}

function readMessage(value: unknown): Message {
  const { role, content, tool_calls, tool_call_id } = asObject(value) ?? {};
  const calls = list(tool_calls).map((call) => {
    const { id, function: called } = asObject(call) ?? {};
    const { name, arguments: args } = asObject(called) ?? {};
    return { id: String(id), name: String(name), args: String(args) };
  });
  return {
    role: String(role),
    content: typeof content === "string" ? content : "",
    calls,
    tool_call_id: String(tool_call_id),
  };
}

function readTools(value: unknown): Map<string, OfferedTool> {
  const tools = list(value).flatMap((tool): [string, OfferedTool][] => {
    const { name, parameters } = asObject(asObject(tool)?.function) ?? {};
    if (typeof name !== "string") return [];
    const schema = asObject(parameters) ?? {};
    const required = list(schema.required).filter((each) => typeof each === "string");
    return [[name, { name, properties: asObject(schema.properties) ?? {}, required }]];
  });
  return new Map(tools);
}

function resultsOf(messages: readonly Message[]): CallResult[] {
  const outputs = new Map(
    messages.filter(({ role }) => role === "tool")
      .map(({ tool_call_id, content }) => [tool_call_id, content]),
  );
  return messages.flatMap(({ calls }) => calls).flatMap(({ id, name, args }) => {
    const output = outputs.get(id);
    if (output === undefined) return [];
    return [{ name, args: parse(args) ?? {}, output, failed: isFailure(output) }];
  });
}

/** The agent begins an error with "Error:"; main's own tools answer `{"error": …}` alone. */
function isFailure(output: string): boolean {
  const { error, ...rest } = parse(output) ?? {};
  return /^error:/i.test(output) || (error !== undefined && Object.keys(rest).length === 0);
}

/** A text that is a JSON object; `undefined` for any other. */
export function parse(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
