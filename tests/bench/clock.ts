/**
 * One clock for several processes of a machine, finer than a millisecond.
 *
 * Deno reads the wall clock and the monotonic one together when it starts, so two processes disagree
 * by what the wall clock was corrected between their starts: measured, less than 0.01 ms. A round trip
 * over a pipe, by which it could be corrected, is uncertain by 0.2 ms.
 */

/** Milliseconds since the epoch, to less than a microsecond; goes evenly. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
