import type { ChatMessage, ModelAnswer, ToolDeclaration } from "../../../../lib/model/model.ts";
import { openModel } from "../../../../lib/model/openai_model.ts";
import { offlineFetch } from "../../../../lib/model/offline/offline_fetch.ts";

/** Noon of a Sunday, so that "at 15:00" is today. */
export const NOON = new Date(2026, 10, 22, 12, 0, 0).getTime();

function tool(name: string, ...properties: string[]): ToolDeclaration {
  const entries = properties.map((property) => [property, { type: "string" }]);
  const parameters = { type: "object", properties: Object.fromEntries(entries) };
  return { name, description: name, parameters };
}

export const CHAT_TOOLS: readonly ToolDeclaration[] = [
  tool("schedule_background_task", "title", "prompt", "run_at", "delay_seconds"),
  tool("list_background_tasks", "states"),
  tool("get_background_task", "task_id", "find"),
  tool("cancel_background_task", "task_id"),
  tool("retry_background_task", "task_id"),
];
export const WORK_TOOLS: readonly ToolDeclaration[] = [
  tool("get_weather", "place", "units", "days"),
  tool("current_time", "time_zone"),
  tool("calculate", "expression"),
  tool("read_file", "path"),
  tool("list_files", "path"),
  tool("search_files", "text"),
  tool("fetch_url", "url"),
  tool("remember", "note"),
  tool("recall", "words"),
];

/** What a tool answers in a test. */
export type Tools = (name: string, args: Record<string, unknown>) => string;

/** One answer of the offline model, through the client, as everybody else gets it. */
export async function next(
  messages: readonly ChatMessage[],
  tools: readonly ToolDeclaration[],
): Promise<ModelAnswer> {
  const model = openModel({ name: "offline", fetch: offlineFetch({ now: () => NOON }) });
  return await model.complete({ messages, tools });
}

/** The calls that the model makes first, as `name {arguments}`. */
export async function firstCalls(
  text: string,
  tools: readonly ToolDeclaration[],
): Promise<string[]> {
  const { message } = await next([{ role: "user", content: text }], tools);
  return (message.tool_calls ?? []).map(({ function: called }) =>
    `${called.name} ${called.arguments}`
  );
}

/** Talks until the model has no more calls: the calls of each round, and the last text. */
export async function converse(
  start: readonly ChatMessage[],
  declared: readonly ToolDeclaration[],
  tools: Tools,
): Promise<{ rounds: string[][]; text: string; messages: ChatMessage[] }> {
  const messages = [...start];
  const rounds: string[][] = [];
  while (rounds.length < 20) {
    const { message } = await next(messages, declared);
    messages.push(message);
    const calls = message.tool_calls ?? [];
    if (calls.length === 0) return { rounds, text: message.content ?? "", messages };
    rounds.push(calls.map(({ function: { name, arguments: args } }) => `${name} ${args}`));
    for (const { id, function: { name, arguments: args } } of calls) {
      messages.push({ role: "tool", tool_call_id: id, content: tools(name, JSON.parse(args)) });
    }
  }
  throw new Error("the model does not come to an end");
}
