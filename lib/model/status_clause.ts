/** Says what an HTTP error of a model server means and what to do about it. */
import type { APIError } from "openai";
import type { CallContext } from "./call_context.ts";
import { asObject } from "./protocol_break.ts";
import { quote } from "./server_words.ts";

interface HttpFailure {
  readonly status: number;
  readonly error: APIError;
  readonly retry_after_ms: number | undefined;
  readonly context: CallContext;
}

/** @returns a clause that goes on after "failed: " */
export function statusClause(failure: HttpFailure): string {
  const { status, context } = failure;
  const said = [String(status), quote(serverWords(failure.error), context.api_key)];
  const words = `(${said.filter((each) => each !== "").join(": ")})`;
  if (status === 429) return rateClause(failure, words);
  if (status >= 500) return `the server failed ${words}`;
  return clientClause(failure, words);
}

function clientClause({ status, error, context }: HttpFailure, words: string): string {
  const text = `${error.code ?? ""} ${serverWords(error)}`;
  switch (status) {
    case 401:
      return context.api_key === undefined
        ? `the server wants an API key ${words}: set OPENAI_API_KEY`
        : `the server refused the API key ${words}: correct OPENAI_API_KEY`;
    case 402:
      return `the server wants to be paid ${words}: check the account's credit`;
    case 403:
      return `the server refused access ${words}: check that the key in OPENAI_API_KEY may use this model`;
    case 404:
      return /model/i.test(text)
        ? `the server knows no such model ${words}: correct ${context.configured_by}`
        : `there is no chat-completions API at this address ${words}: correct OPENAI_BASE_URL, which usually ends in /v1`;
    case 408:
    case 409:
      return `the server could not answer now ${words}`;
  }
  if (/context.?(length|window)|too (long|large)|maximum.*tokens/i.test(text) || status === 413) {
    return `the request is too long for the model ${words}: shorten it or choose a model that takes more`;
  }
  if (/tools?\b.*\bnot support|not support.*\btools?\b|tool.?choice/i.test(text)) {
    return `the model cannot call tools ${words}: choose one that can in ${context.configured_by}`;
  }
  return status < 400 ? `the server sent us elsewhere ${words}` : `the server refused it ${words}`;
}

function rateClause({ error, retry_after_ms }: HttpFailure, words: string): string {
  if (error.code === "insufficient_quota") {
    return `the account's quota is used up ${words}: check its plan and billing`;
  }
  const wait = retry_after_ms === undefined
    ? ""
    : `, and asks to wait ${Math.ceil(retry_after_ms / 1000).toLocaleString("en")} s`;
  return `the server has had too many requests ${words}${wait}`;
}

/** The server's own words, without the status that the openai package puts before them. */
function serverWords(error: APIError): string {
  const said = asObject(error.error)?.message;
  if (typeof said === "string") return said;
  const words = error.message.replace(/^\d{3} /, "");
  return words === "status code (no body)" ? "" : words;
}
