/** `deno task` delivers one Ctrl-C twice: signals this close together are one, in milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Tells a new signal from the last one delivered once more. */
export class DistinctSignals {
  #last = -Infinity;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number) {}

  /** Called for each signal: whether it counts. */
  isNew(): boolean {
    const now = this.now();
    if (now - this.#last <= SAME_SIGNAL_MS) return false;
    this.#last = now;
    return true;
  }
}
