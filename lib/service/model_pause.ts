import { sleep } from "../sleep.ts";

/** The longest single timer; a pause may be longer. Milliseconds. */
const MAX_TIMER_MS = 60_000;

/** The model said 429: nobody in this service asks it again before the time is up. */
export class ModelPause {
  #until = 0;

  /**
   * @param now the wall clock, milliseconds since the epoch
   * @param elapsed a clock that is never set: the pause lasts as long as was said, whatever becomes
   * of the wall clock meanwhile
   */
  constructor(private readonly now: () => number, private readonly elapsed: () => number) {}

  /** @param until milliseconds since the epoch; an earlier one than is set changes nothing */
  extend(until: number): void {
    this.#until = Math.max(this.#until, this.elapsed() + until - this.now());
  }

  /** Resolves when there is no pause any more, or when the signal is aborted. */
  async over(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const left = this.#until - this.elapsed();
      if (left <= 0) return;
      await sleep(Math.min(left, MAX_TIMER_MS), signal);
    }
  }
}
