/** Wakes everybody who waits; a wake that nobody waits for is forgotten. */
export class Wakeup {
  readonly #waiting = new Set<() => void>();

  /** Whether somebody waits now. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves at the next wake, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  wake(): void {
    for (const done of this.#waiting) done();
  }
}
