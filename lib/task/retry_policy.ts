/**
 * When a task is tried again. Pure: time and chance are passed in.
 *
 * Exponential back-off with full jitter, after "Exponential Backoff And Jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */

/**
 * The upper bound of the first wait, in milliseconds; it doubles with each attempt. Long enough that
 * three attempts outlive the restart of a local model server more often than not.
 */
export const BASE_DELAY_MS = 4_000;
/** No wait of our own is longer than this, in milliseconds. A server's Retry-After may be. */
export const MAX_DELAY_MS = 300_000;
/** The last instant that a record can name, in milliseconds since the epoch. */
const LAST_INSTANT = Date.UTC(9999, 11, 31);
/** Interruptions in a row, without a finished step between, that a task survives. */
export const MAX_INTERRUPTIONS = 3;

/** What to do after an attempt that may be repeated. */
export type RetryDecision =
  | { readonly retry: true; readonly at: number }
  | { readonly retry: false };

/**
 * Decides what follows a failed attempt.
 *
 * @param failure.attempt the attempt that failed, from 1
 * @param failure.max_attempts how many there may be
 * @param failure.retry_after_ms the server's own word, of any length; it is never cut short (but
 * for the year 9999, where records end)
 * @param failure.free true where the failure uses up no attempt (a 429)
 * @param now milliseconds since the epoch
 * @param random a number in [0, 1)
 */
export function decideRetry(
  failure: {
    readonly attempt: number;
    readonly max_attempts: number;
    readonly retry_after_ms?: number | undefined;
    readonly free?: boolean;
  },
  now: number,
  random: number,
): RetryDecision {
  if (!failure.free && failure.attempt >= failure.max_attempts) return { retry: false };
  const own = backoffDelay(failure.attempt, random);
  // A little jitter on top of the server's word keeps a crowd from coming back at one instant.
  const wait = failure.retry_after_ms === undefined
    ? own
    : failure.retry_after_ms + Math.min(own, 1_000);
  return { retry: true, at: Math.min(now + wait, LAST_INSTANT) };
}

/** A wait between 0 and min(cap, base × 2^(attempt − 1)), in milliseconds. */
export function backoffDelay(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(attempt - 1, 30));
  return Math.floor(random * ceiling);
}

/** Whether a task that was interrupted so often without progress is given up. */
export function isPoisonous(interruptions: number): boolean {
  return interruptions > MAX_INTERRUPTIONS;
}

/** The shortest wait after a second interruption in a row, in milliseconds. */
const SUSPECT_DELAY_MS = 500;
/** How much longer each further wait is, and how far the waits of different tasks lie apart. */
const SUSPECT_FACTOR = 4;

/**
 * How long a task waits after its service has died with it, in milliseconds.
 *
 * One interruption is most likely none of its doing (a deploy, a lost machine): it goes on at once.
 * From the second in a row on it is a suspect. Then it waits, so that a service that was just
 * started again first gets on with the others, and a task that kills it does so ever more rarely.
 * Tasks that went down together come back apart: those that only ran beside the poisonous one can
 * finish a step before it strikes again, which clears them.
 *
 * @param interruptions in a row, without a finished step between
 * @param id the task's: where in the interval `[base, 4 × base)` its wait lies follows from it
 */
export function interruptionDelay(interruptions: number, id: string): number {
  if (interruptions < 2) return 0;
  const steps = Math.min(interruptions - 2, MAX_INTERRUPTIONS);
  const base = SUSPECT_DELAY_MS * SUSPECT_FACTOR ** steps;
  const place = fraction(`${id}/${interruptions}`);
  return Math.min(MAX_DELAY_MS, Math.floor(base * (1 + (SUSPECT_FACTOR - 1) * place)));
}

/** A number in [0, 1) that follows from a text: FNV-1a over its UTF-16 units. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  // Its high bits change little with a text's last units: they are mixed in.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
