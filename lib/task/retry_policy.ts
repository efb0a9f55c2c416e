/**
 * When a task is tried again. Pure: time and chance are passed in.
 *
 * Exponential back-off with full jitter, after "Exponential Backoff And Jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */

/** The upper bound of the first wait, in milliseconds; it doubles with each attempt. */
export const BASE_DELAY_MS = 1_000;
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
