/** What a signal means: the first stops in order, one that comes later leaves at once. */
import { DistinctSignals } from "../distinct_signals.ts";

/** Counts stop signals. */
export class StopStages {
  readonly #signals: DistinctSignals;
  #isStopping = false;

  constructor(
    private readonly stop: () => void,
    private readonly leave: (code: number) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#signals = new DistinctSignals(now);
  }

  /** @param code the exit code that this signal stands for: 130 or 143 */
  onSignal(code: number): void {
    if (!this.#signals.isNew()) return;
    this.onOrder(code);
  }

  /** Somebody says so in another way, which comes once: the same as a signal. */
  onOrder(code: number): void {
    if (this.#isStopping) return this.leave(code);
    this.onGone();
  }

  /** Whoever gave the orders is gone: stops, and never leaves at once for it. */
  onGone(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.stop();
  }
}
