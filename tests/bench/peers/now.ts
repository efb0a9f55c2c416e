/**
 * Milliseconds since the epoch, to the microsecond, on a clock that all processes share;
 * `performance.now()` counts from the start of each process, and `Date.now()` whole milliseconds.
 */
export function now(): number {
  return Number(Temporal.Now.instant().epochNanoseconds / 1_000n) / 1_000;
}
