/** Notices a model that repeats a call which keeps failing, before that burns the whole budget. */
import type { ToolCallRequest } from "../task/journal_entry.ts";
import type { Step } from "./steps.ts";

/** A call that failed in this many steps, with no success between, is refused the next time. */
export const MAX_FAILURES_OF_A_CALL = 3;

/** How often a call has failed, and how. */
export interface CallFailures {
  /** Steps in a row of those that made this very call (same name, same arguments). */
  readonly count: number;
  /** The tool's own last words. */
  readonly last_error: string;
}

/**
 * The failures of a call in earlier steps. A success of the same call begins the count anew; other
 * calls in between do not, so taking turns with two failing calls does not help.
 *
 * @param earlier the steps of the same run before the one that makes the call
 */
export function failuresOf(request: ToolCallRequest, earlier: readonly Step[]): CallFailures {
  const key = sameCallKey(request);
  let count = 0;
  let last_error = "";
  for (const step of earlier) {
    const ends = step.calls
      .filter((call) => call.finished !== undefined && sameCallKey(call.request) === key)
      .map((call) => call.finished?.error);
    if (ends.length === 0) continue;
    count = ends.includes(undefined) ? 0 : count + 1;
    // What comes after is only our refusal.
    if (count <= MAX_FAILURES_OF_A_CALL) last_error = ends.at(-1) ?? "";
  }
  return { count, last_error };
}

// Spaces and the order of keys in the arguments make no other call of it.
function sameCallKey({ function: { name, arguments: text } }: ToolCallRequest): string {
  return `${name} ${canonicalJson(text)}`;
}

function canonicalJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), sortKeys);
  } catch {
    return text; // No JSON, or nested too deep: then the very same text is the same call.
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
