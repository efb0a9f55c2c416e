import { DistinctSignals } from "../distinct_signals.ts";

/** Interrupt signals of the process, handed to whoever does something that can be stopped. */
export class Interrupts {
  #handler: (() => void) | undefined;
  readonly #signals: DistinctSignals;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#signals = new DistinctSignals(now);
  }

  /** Called by the entry file for each SIGINT. */
  raise(): void {
    if (this.#signals.isNew()) this.#handler?.();
  }

  /** From now on this one is told. */
  handle(handler: () => void): void {
    this.#handler = handler;
  }

  /** A signal that the next interrupt aborts. */
  toSignal(): AbortSignal {
    const controller = new AbortController();
    this.handle(() => controller.abort());
    return controller.signal;
  }
}
