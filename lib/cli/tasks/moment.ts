/** Times as people type them: so long ago, or an instant. */
import { UsageError } from "../usage_error.ts";

/** So long ago, or since the epoch; both in milliseconds. */
export type Moment = { readonly ago: number } | { readonly at: number };

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(\d{1,9}(?:\.\d{1,9})?)([smhdw])$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;

/** What a duration looks like, for messages. */
const DURATION_EXPECTED = "a duration such as 90s, 15m, 2h, 7d or 2w";

/**
 * A flag's value as a duration in milliseconds.
 *
 * @throws {UsageError} when it is none
 */
export function durationOf(name: string, text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw new UsageError(`--${name}: expected ${DURATION_EXPECTED}, got "${text}"`);
}

/**
 * A flag's value as a moment.
 *
 * @throws {UsageError} when it is none
 */
export function momentOf(name: string, text: string): Moment {
  const ago = parseDuration(text);
  if (ago !== undefined) return { ago };
  // A time without an offset would mean another instant on another machine.
  const at = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (Number.isFinite(at)) return { at };
  throw new UsageError(
    `--${name}: expected ${DURATION_EXPECTED}, or an RFC 3339 time such as ` +
      `"2026-01-31T09:00:00Z", got "${text}"`,
  );
}

/** Milliseconds since the epoch. */
export function instantOf(moment: Moment, now: number): number {
  return "at" in moment ? moment.at : now - moment.ago;
}

function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}
