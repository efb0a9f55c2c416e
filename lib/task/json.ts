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

/** A double keeps the digits of numbers up to this long, in characters. */
const SAFE_NUMBER_LENGTH = 15;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

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
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new JsonError("the file is not UTF-8 text", { cause });
  }
  return parseText(text);
}

/**
 * Parses the text of one record.
 *
 * @throws {JsonError} as {@linkcode parseObject}
 */
export function parseText(text: string): Record<string, unknown> {
  // Only texts that may hold a number which a double changes pay for the reviver (10 × slower).
  const mayLoseDigits = assertShallow(text);
  let value: unknown;
  try {
    value = mayLoseDigits
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
 * @returns whether there may be a number that a double cannot hold digit by digit
 * @throws {JsonError} when they nest over 100 deep
 */
export function assertShallow(text: string): boolean {
  let depth = 0;
  let mayLoseDigits = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) throw new JsonError(`the JSON is nested over ${MAX_DEPTH} deep`);
    } else if (code === 0x7d || code === 0x5d) depth--;
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, i);
      mayLoseDigits ||= !isPlain(text, i, end);
      i = end - 1;
    }
  }
  return mayLoseDigits;
}

// Where its closing quote is, or the end of the text. Most of a record is strings: a search for the
// quote takes a tenth of the time that looking at each character does.
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && IN_NUMBER.has(text.charCodeAt(end))) end++;
  return end;
}

const IN_NUMBER: ReadonlySet<number> = new Set(
  Array.from("0123456789.eE+-", (character) => character.charCodeAt(0)),
);

// A few digits, perhaps with a point: neither an exponent nor a zero with a sign.
function isPlain(text: string, start: number, end: number): boolean {
  if (end - start > SAFE_NUMBER_LENGTH) return false;
  const number = text.slice(start, end);
  return !number.includes("e") && !number.includes("E") && !number.startsWith("-0");
}

/** A record as the text that goes to disk: indented by two, because people `cat` it. */
export function formatObject(value: object): string {
  return JSON.stringify(value, null, 2) + "\n";
}

const encoder = new TextEncoder();

/** A record as the bytes that go to disk. */
export function encodeObject(value: object): Uint8Array {
  return encoder.encode(formatObject(value));
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
