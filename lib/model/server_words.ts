/** Quoting a server in an error message: bounded, on one line, and never with the API key in it. */

/** Characters of a server's words that are quoted. */
const MAX_QUOTE = 300;
const LOOKS_SECRET = /\b(?:Bearer\s+\S+|sk-[A-Za-z0-9_-]{6,})/gi;

/** Shorter keys are what people give servers that want none ("x", "none"), and words of a text. */
const SHORTEST_SECRET = 8;

/** The key where it is one that must be kept secret. */
export function secretOf(api_key: string | undefined): string | undefined {
  return api_key !== undefined && api_key.length >= SHORTEST_SECRET ? api_key : undefined;
}

/** Cuts the key out of a text, whatever looks like one, and the password of a URL. */
export function scrub(text: string, api_key: string | undefined): string {
  const secret = secretOf(api_key);
  const without = secret ? text.replaceAll(secret, "***") : text;
  const encoded = secret ? without.replaceAll(encodeURIComponent(secret), "***") : without;
  return encoded.replace(LOOKS_SECRET, "***").replace(/(?<=\/\/)[^\s/@]+@/g, "***@");
}

/** A server's words in quotes; empty when it said nothing. */
export function quote(text: string, api_key: string | undefined): string {
  // deno-lint-ignore no-control-regex
  const line = scrub(text, api_key).replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  if (line === "") return "";
  const short = line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE).toWellFormed()}…` : line;
  return `"${short}"`;
}

/**
 * An error as the cause of ours: its words without the key. The original is not kept, because
 * whoever prints a chain of causes would print its headers and bodies too.
 */
export function scrubbedCause(error: unknown, api_key: string | undefined): Error {
  if (!(error instanceof Error)) return new Error(scrub(String(error), api_key));
  const options = error.cause === undefined ? {} : { cause: scrubbedCause(error.cause, api_key) };
  const copy = new Error(scrub(error.message, api_key), options);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = scrub(error.stack, api_key);
  return copy;
}
