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
    if (this.#isStopping) return this.leave(code);
    this.#isStopping = true;
    this.stop();
  }
}
