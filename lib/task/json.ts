/**
 * JSON as the records on disk need it: what we do not know comes back out as it went in.
 *
 * `JSON.parse` alone loses three things: the digits of numbers that a double cannot hold, the
 * difference between "no object" and "an object", and the stack on deeply nested input.
 */

/** Containers may nest this deep in a record; deeper ones would overflow a recursive reader. */
export const MAX_DEPTH = 100;

/** A text that is no JSON object of the kind a record may be. The message is one clear clause. */
export class JsonError extends Error {
  override name = "JsonError";
}

interface RawJson {
  readonly rawJSON: string;
}
const withRaw = JSON as unknown as {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};

// Only texts that may hold a number which a double changes pay for the reviver (10 × slower).
const MAY_LOSE_DIGITS = /\d[\d.]{15}|\d[eE]|[:,[\s]-0/;

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return JSON.stringify(value) === context.source ? value : withRaw.rawJSON(context.source);
}

/** Whether a value is an object as JSON means it: no list, and no number kept by its digits. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !withRaw.isRawJSON(value);
}

/** A number kept by its digits as the double it is closest to; anything else as it is. */
export function plainNumber(value: unknown): unknown {
  return withRaw.isRawJSON(value) ? Number(value.rawJSON) : value;
}

/**
 * Parses the bytes of one record.
 *
 * @throws {JsonError} when they are not UTF-8, not JSON, not an object, or nested over 100 deep.
 */
export function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JsonError("the file is not UTF-8 text", { cause });
  }
  assertShallow(text);
  let value: unknown;
  try {
    value = MAY_LOSE_DIGITS.test(text)
      ? JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
  } catch (cause) {
    throw new JsonError(
      text.trim() === ""
        ? "the file is empty, expected a JSON object"
        : `the file is not JSON (${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
  if (!isObject(value)) throw new JsonError(`expected a JSON object, got ${describe(value)}`);
  return value;
}

/**
 * Counts brackets outside strings, before anything recursive sees the text.
 *
 * @throws {JsonError} when they nest over 100 deep
 */
export function assertShallow(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) throw new JsonError(`the JSON is nested over ${MAX_DEPTH} deep`);
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

/** A record as the text that goes to disk: indented by two, because people `cat` it. */
export function formatObject(value: object): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/** A value in a few words for an error message: its type, and its text when that is short. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (withRaw.isRawJSON(value)) return value.rawJSON.slice(0, 40);
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 50)}… (${text.length} characters)`;
}
