import { encodeTime, monotonicFactory, ulid } from "ulid";

/** What an id of a task, conversation or service must look like; checked before it reaches a path. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** {@linkcode ID_PATTERN} in words, for messages. */
export const ID_EXPECTED = "1 to 64 of the characters A-Z a-z 0-9 _ - with a letter or digit first";

/** Whether a text may be used as an id. */
export function isId(text: unknown): text is string {
  return typeof text === "string" && ID_PATTERN.test(text);
}

/** Less of an id than this fits too many by chance. */
export const SHORTEST_PART = 4;

/** Whether an id begins with what was typed, whatever the case. */
export function idBegins(id: string, typed: string): boolean {
  return id.toUpperCase().startsWith(typed.toUpperCase());
}

/** Whether an id begins or ends with what was typed, whatever the case. */
export function idFits(id: string, typed: string): boolean {
  return idBegins(id, typed) || id.toUpperCase().endsWith(typed.toUpperCase());
}

// One factory for the process: ids made in the same millisecond, or after the clock was set back,
// still sort in the order in which they were made.
const nextUlid = monotonicFactory();

/**
 * A new id: a ULID (https://github.com/ulid/spec), so that names sort by time.
 *
 * @param now milliseconds since the epoch
 */
export function newId(now: number = Date.now()): string {
  return nextUlid(now);
}

/** The latest time that a ULID can hold, milliseconds since the epoch. */
const MAX_TIME = 2 ** 48 - 1;
const TIME_LENGTH = 10;

/**
 * A new id that says another time than the present one: ids of one time are in no order.
 *
 * @param time milliseconds since the epoch; `undefined` is given back for one that no ULID can hold
 */
export function newIdAt(time: number): string | undefined {
  return Number.isInteger(time) && time > 0 && time <= MAX_TIME ? ulid(time) : undefined;
}

/** Where a time lies among ULIDs: those made at it or later are not less than this text. */
export function ulidBound(time: number): string {
  return encodeTime(Math.min(Math.max(0, Math.ceil(time)), MAX_TIME), TIME_LENGTH);
}

/** The characters of a ULID. */
export const ULID_LENGTH = 26;
/** A ULID: an id that carries its time and sorts by it. */
export const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The time inside a ULID in milliseconds since the epoch; `undefined` for any other id. */
export function timeOfId(id: string): number | undefined {
  if (!ULID_PATTERN.test(id)) return undefined;
  let time = 0;
  for (let i = 0; i < 10; i++) time = time * 32 + CROCKFORD.indexOf(id.charAt(i));
  return time;
}
