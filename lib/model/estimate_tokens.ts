import type { AssistantMessage, ModelRequest } from "./model.ts";

/** A common rule of thumb for English and code; good enough for a budget, and marked as a guess. */
const CHARACTERS_PER_TOKEN = 4;

/** About how many tokens a request has, where a server does not count. */
export function estimateInputTokens(request: ModelRequest): number {
  const tools = request.tools?.length ? JSON.stringify(request.tools) : "";
  return tokens(JSON.stringify(request.messages).length + tools.length);
}

/** About how many tokens an answer has, where a server does not count. */
export function estimateOutputTokens(message: AssistantMessage): number {
  const calls = message.tool_calls?.length ? JSON.stringify(message.tool_calls) : "";
  return tokens((message.content ?? "").length + calls.length);
}

function tokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
