import type { AssistantMessage, ToolCallRequest } from "../task/journal_entry.ts";

/**
 * An answer as it goes to the journal: every tool call has an id of its own within the answer
 * (some servers repeat theirs or leave it empty), and an empty list of calls is none.
 */
export function normalizeAnswer(message: AssistantMessage): AssistantMessage {
  const { tool_calls, ...rest } = message;
  if (tool_calls === undefined || tool_calls.length === 0) return rest;
  return { ...rest, tool_calls: withUniqueIds(tool_calls) };
}

function withUniqueIds(calls: readonly ToolCallRequest[]): ToolCallRequest[] {
  const given = new Set(calls.map((call) => call.id));
  const used = new Set<string>();
  return calls.map((call, index) => {
    const id = call.id !== "" && !used.has(call.id)
      ? call.id
      : freeId(call.id === "" ? `call_${index + 1}` : call.id, given, used);
    used.add(id);
    return { ...call, id };
  });
}

function freeId(base: string, given: ReadonlySet<string>, used: ReadonlySet<string>): string {
  const taken = (id: string) => used.has(id) || given.has(id);
  for (let n = 1;; n++) {
    const id = n === 1 ? base : `${base}_${n}`;
    if (!taken(id)) return id;
  }
}
