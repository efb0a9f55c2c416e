import { sleep } from "../sleep.ts";

/** The longest single timer; a pause may be longer. Milliseconds. */
const MAX_TIMER_MS = 60_000;

/** The model said 429: nobody in this service asks it again before the time is up. */
export class ModelPause {
  #until = 0;

  constructor(private readonly now: () => number) {}

  /** @param until milliseconds since the epoch; an earlier one than is set changes nothing */
  extend(until: number): void {
    this.#until = Math.max(this.#until, until);
  }

  /** Resolves when there is no pause any more, or when the signal is aborted. */
  async over(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const left = this.#until - this.now();
      if (left <= 0) return;
      await sleep(Math.min(left, MAX_TIMER_MS), signal);
    }
  }
}
