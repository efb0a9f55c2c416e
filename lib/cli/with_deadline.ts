/** A signal that is aborted with the other one, or after so many seconds; absent means never. */
export function withDeadline(signal: AbortSignal, seconds: number | undefined): AbortSignal {
  return seconds === undefined
    ? signal
    : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
}
