/** A model call that failed, as one clear sentence with the way out. */
import type { ModelError } from "../model/model.ts";

/** Which model was asked where. */
export interface ModelPlace {
  readonly model: string;
  /** Absent: OpenAI's own servers. Without a password in it. */
  readonly base_url: string | undefined;
}

export interface ModelFailure {
  readonly message: string;
  /** Key, model or address are wrong: trying again changes nothing, the configuration must. */
  readonly configuration: boolean;
}

/** Says what a person can do about an error. */
export function modelFailure(error: ModelError, place: ModelPlace): ModelFailure {
  const server = place.base_url === undefined
    ? "OpenAI's server"
    : `the server at ${place.base_url}`;
  const words = quote(error.message);
  switch (error.status) {
    case 401:
    case 403:
      return configuration(`${server} refused the key; set OPENAI_API_KEY to a valid one ${words}`);
    case 404:
      return configuration(
        `${server} does not know the model "${place.model}"; set MAIN_MODEL or OPENAI_MODEL to ` +
          `one it has, or check OPENAI_BASE_URL ${words}`,
      );
  }
  return { message: capital(transient(error, server, words)), configuration: false };
}

function transient(error: ModelError, server: string, words: string): string {
  switch (error.kind) {
    case "rate_limited": {
      const wait = error.retry_after_ms;
      const when = wait === undefined ? "in a while" : `in ${Math.ceil(wait / 1000)} s`;
      return `${server} takes no more requests for now; try again ${when} ${words}`;
    }
    case "rejected":
      return `${server} refused the request ${words}`;
    case "unavailable":
      return error.status === undefined
        ? `cannot reach ${server}; check the network and OPENAI_BASE_URL, then try again ${words}`
        : `${server} is out of order at the moment; try again later ${words}`;
    case "aborted":
      return "the answer was stopped";
  }
}

function configuration(message: string): ModelFailure {
  return { message: capital(message), configuration: true };
}

function quote(message: string): string {
  const text = message.replace(/\s+/g, " ").trim();
  return text === "" ? "" : `(${text.length > 300 ? text.slice(0, 300) + "…" : text})`;
}

function capital(text: string): string {
  return (text.charAt(0).toUpperCase() + text.slice(1)).trim();
}
