/** Says what a failed connection means and what to do about it. */
import { quote } from "./server_words.ts";

interface Known {
  readonly sign: RegExp;
  readonly clause: string;
}

// Deno's fetch gives network errors no codes, so their words are all there is to go by.
const KNOWN: readonly Known[] = [
  {
    sign: /connection refused|ECONNREFUSED/i,
    clause:
      "nothing answers there (connection refused): start the server or correct OPENAI_BASE_URL",
  },
  {
    sign: /dns error|failed to lookup|name or service not known|ENOTFOUND|EAI_AGAIN/i,
    clause: "the host's name cannot be resolved: check OPENAI_BASE_URL and the network",
  },
  {
    sign: /tls|certificate|InvalidContentType|UnknownIssuer|NotValidForName/i,
    clause: "no secure connection could be made: check whether OPENAI_BASE_URL should begin with " +
      "http:// or https://, and whether the server's certificate is trusted (DENO_CERT)",
  },
  {
    sign: /network (is )?unreachable|no route to host/i,
    clause: "the network does not reach it: check the connection",
  },
  {
    sign: /requires net access|NotCapable/i,
    clause: "this process may not connect there: allow it with --allow-net",
  },
  {
    sign: /invalid header|ByteString/i,
    clause: "the API key holds characters that no key has: correct OPENAI_API_KEY",
  },
  {
    sign: /requests to port \d+ are blocked/i,
    clause: "this port is closed to HTTP clients: correct OPENAI_BASE_URL",
  },
  {
    sign: /timed? ?out|ETIMEDOUT/i,
    clause: "the connection timed out: check OPENAI_BASE_URL and the network",
  },
  {
    sign: /reset|closed before|reading a body|unexpected (eof|end)|broken pipe|incomplete message/i,
    clause: "the connection broke off",
  },
  {
    sign: /event JSON/,
    clause:
      "it sent an event that is not JSON: check that OPENAI_BASE_URL leads to an OpenAI-compatible server",
  },
];

/** @returns a clause that goes on after "failed: " */
export function networkClause(error: unknown, api_key: string | undefined): string {
  const words = chain(error);
  const known = KNOWN.find(({ sign }) => sign.test(words));
  return known?.clause ?? `no answer came (${quote(words, api_key) || "no reason given"})`;
}

/** The words of an error and its causes, without the URL, which may hold any word. */
function chain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : ` ${chain(error.cause)}`;
  return `${error.name}: ${error.message}${cause}`.replace(/\bhttps?:\/\/\S+/g, "");
}
