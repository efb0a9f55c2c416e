/** Turns whatever went wrong in a call into a ModelError whose message is one sentence for people. */
import { APIConnectionError, APIError } from "openai";
import type { CallContext } from "./call_context.ts";
import type { EndedBy } from "./call_clock.ts";
import { ModelError } from "./model.ts";
import { networkClause } from "./network_clause.ts";
import { ProtocolBreak } from "./protocol_break.ts";
import { parseRetryAfter } from "./retry_after.ts";
import { quote, scrub, scrubbedCause } from "./server_words.ts";
import { statusClause } from "./status_clause.ts";

/** The error that a caller sees. Never holds the API key, nor does its cause. */
export function modelFailure(error: unknown, context: CallContext): ModelError {
  const cause = scrubbedCause(error, context.api_key);
  if (context.ended_by === "caller") {
    return new ModelError("aborted", `Asking ${subject(context)} was stopped`, { cause });
  }
  const status = error instanceof APIError ? statusOf(error) : undefined;
  const options = status === undefined ? { cause } : { cause, status };
  if (error instanceof APIError && status !== undefined) {
    const retry_after_ms = error.headers && (status === 429 || status === 503)
      ? parseRetryAfter(error.headers, context.now)
      : undefined;
    const clause = statusClause({ status, error, retry_after_ms, context });
    return new ModelError(kindOf(status), failed(context, clause), {
      ...options,
      ...(retry_after_ms === undefined ? {} : { retry_after_ms }),
    });
  }
  return new ModelError("unavailable", failed(context, clauseOf(error, context)), options);
}

function clauseOf(error: unknown, context: CallContext): string {
  if (context.ended_by !== undefined) return timeoutClause(context.ended_by, context);
  if (error instanceof ProtocolBreak) {
    const preview = quote(context.preview, context.api_key);
    const words = preview === "" ? "" : ` (it begins ${preview})`;
    return `${error.message}${words}: check that OPENAI_BASE_URL leads to an OpenAI-compatible server`;
  }
  if (error instanceof APIError && !(error instanceof APIConnectionError)) {
    const said = quote(error.message, context.api_key) || "no reason given";
    return `the server gave up in the middle of its answer: ${said}`;
  }
  return networkClause(error, context.api_key);
}

function timeoutClause(ended_by: EndedBy, { timeouts }: CallContext): string {
  switch (ended_by) {
    case "first_content":
      return `no content came within ${seconds(timeouts.first_content_ms)}`;
    case "idle":
      return `the answer stood still for ${seconds(timeouts.idle_ms)}`;
    case "deadline":
      return `the answer was not complete within ${seconds(timeouts.deadline_ms)}`;
    default:
      return "the call was ended";
  }
}

function failed(context: CallContext, clause: string): string {
  return scrub(`Asking ${subject(context)} failed: ${clause}`, context.api_key);
}

function subject({ model, base_url }: CallContext): string {
  return `model "${model}" at ${new URL(base_url).host}`;
}

/** The HTTP status, or what an error inside a stream says in its place. */
function statusOf(error: APIError): number | undefined {
  if (error.status !== undefined) return error.status;
  const code = Number(error.code);
  if (Number.isInteger(code) && code >= 400 && code < 600) return code;
  const words = `${error.code} ${error.type}`;
  if (/rate_?limit/i.test(words)) return 429;
  return /context_length|invalid_request/i.test(words) ? 400 : undefined;
}

function kindOf(status: number): "rate_limited" | "unavailable" | "rejected" {
  if (status === 429) return "rate_limited";
  const is_final = status >= 400 && status < 500 && status !== 408 && status !== 409;
  return is_final ? "rejected" : "unavailable";
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toLocaleString("en")} s`;
}
