/** What a signal means: the first stops in order, one that comes later leaves at once. */

/** `deno task` delivers one Ctrl-C twice: signals this close together are one, in milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Counts stop signals. */
export class StopStages {
  #first: number | undefined;

  constructor(
    private readonly stop: () => void,
    private readonly leave: (code: number) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param code the exit code that this signal stands for: 130 or 143 */
  onSignal(code: number): void {
    const now = this.now();
    if (this.#first === undefined) {
      this.#first = now;
      this.stop();
    } else if (now - this.#first > SAME_SIGNAL_MS) this.leave(code);
  }
}
