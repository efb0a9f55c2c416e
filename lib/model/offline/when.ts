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

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
};
const AMOUNTS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  "a couple of": 2,
  "half an": 0.5,
};
const DELAY = new RegExp(
  String.raw`\b(?:in|after)\s+(${
    Object.keys(AMOUNTS).toSorted((one, other) => other.length - one.length).join("|")
  }|\d+(?:\.\d+)?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?)\b(?: from now)?`,
  "i",
);
const CLOCK =
  /\b(?:(today|tonight|tomorrow)(?: (?:morning|afternoon|evening|night))?,?\s+)?(?:at\s+|(?<=(?:today|tonight|tomorrow),?\s+)(?=\d{1,2}(?::\d|\s*[ap]m)))(?:(noon|midnight)|(\d{1,2})(?::(\d{2}))?\s*(am|pm|o'clock)?)(?![\w:.])(?:\s+(today|tonight|tomorrow)\b)?/i;

const REPEATED =
  /\b(?:every|each) (?:other |second |\d+ |few )?(?:second|minute|min|hour|day|morning|afternoon|evening|night|week|weekday|weekend|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b|\b(?:hourly|daily|weekly|monthly)\b|\bon (?:mon|tues|wednes|thurs|fri|satur|sun|week)days\b/i;
/** At the beginning of an order, or behind "remind me". */
const VAGUE =
  /^(?:remind me (?:later|tomorrow|tonight|(?:on |next )\w+day|next \w+|soon)\b|(?:later|tomorrow|tonight|next (?:\w+day|week|month)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|this (?:afternoon|evening)|in a (?:bit|while)|soon)\b)/i;
/** The same at the end of a reminder. */
const VAGUE_REMINDER =
  /^remind me\b.*\b(?:later|tomorrow|tonight|(?:on|next) \w+day|next \w+|soon)[.!?]*$/i;

const DAY =
  /\b(?:on|next|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bnext week\b|\bday after tomorrow\b/i;

/** Whether work is to be done again and again, and whether the text begins with that. */
export function isRepeated(text: string): "said first" | "said" | undefined {
  const at = text.search(REPEATED);
  return at === 0 ? "said first" : at > 0 ? "said" : undefined;
}

/** Whether a text names a day other than today and tomorrow. */
export function namesDay(text: string): boolean {
  return DAY.test(text);
}

/** Whether bare work names a time that is none of a clock: "tomorrow check…", "remind me later". */
export function namesVagueTime(work: string): boolean {
  return VAGUE.test(work) || VAGUE_REMINDER.test(work);
}

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
