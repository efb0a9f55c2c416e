/** Finds when something is to be done: "in 10 minutes", "at 15:00", "tomorrow at 9 am". */

/** A moment that a text names. */
export interface When {
  readonly run_at?: string;
  readonly delay_seconds?: number;
  /** For people: "in 10 minutes". */
  readonly said: string;
  /** The text without it. */
  readonly rest: string;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const AMOUNTS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  five: 5,
  ten: 10,
  "half an": 0.5,
};
const DELAY =
  /\b(?:in|after)\s+(half an|an?|one|two|three|five|ten|\d+(?:\.\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b(?: from now)?/i;
const CLOCK =
  /\b(?:(today|tonight|tomorrow)\s+)?at\s+(?:(noon|midnight)|(\d{1,2})(?::(\d{2}))?\s*(am|pm|o'clock)?)(?![\w:.])(?:\s+(today|tonight|tomorrow)\b)?/i;

/**
 * The first moment that a text names; `undefined` when it names none.
 *
 * A time of day that has passed already means tomorrow. It is read in this machine's time zone.
 *
 * @param now milliseconds since the epoch
 */
export function findWhen(text: string, now: number): When | undefined {
  return delay(text) ?? clock(text, now);
}

function delay(text: string): When | undefined {
  const found = DELAY.exec(text);
  if (found === null) return undefined;
  const [said, amount = "", unit = ""] = found;
  const number = AMOUNTS[amount.toLowerCase()] ?? Number(amount);
  const delay_seconds = Math.round(number * UNIT_SECONDS[unit[0]!.toLowerCase()]!);
  return { delay_seconds, said, rest: without(text, found.index, said) };
}

function clock(text: string, now: number): When | undefined {
  const found = CLOCK.exec(text);
  if (found === null) return undefined;
  const [said, day_before, named, hours, minutes, half, day_after] = found;
  // "at 3" alone is too little to be sure of: it may be a place or a count.
  if (
    named === undefined && minutes === undefined && half === undefined && !day_before && !day_after
  ) {
    return undefined;
  }
  const hour = named === undefined ? hourOf(Number(hours), half) : named === "noon" ? 12 : 0;
  const minute = Number(minutes ?? 0);
  if (hour > 23 || minute > 59) return undefined;
  const at = new Date(now);
  at.setHours(hour, minute, 0, 0);
  const tomorrow = /tomorrow/i.test(`${day_before} ${day_after}`);
  if (tomorrow || at.getTime() <= now) at.setDate(at.getDate() + 1);
  return { run_at: at.toISOString(), said, rest: without(text, found.index, said) };
}

function hourOf(hour: number, half: string | undefined): number {
  if (half?.toLowerCase() === "pm" && hour < 12) return hour + 12;
  return half?.toLowerCase() === "am" && hour === 12 ? 0 : hour;
}

function without(text: string, at: number, said: string): string {
  return `${text.slice(0, at)} ${text.slice(at + said.length)}`;
}
