/** Wakes everybody who waits; a wake that nobody waits for is forgotten. */
export class Wakeup {
  #resolve: (() => void) | undefined;
  #promise: Promise<void> | undefined;

  /** Resolves at the next wake, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    this.#promise ??= new Promise((resolve) => this.#resolve = resolve);
    const promise = this.#promise;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done);
      void promise.then(done);
    });
  }

  wake(): void {
    this.#resolve?.();
    this.#promise = undefined;
    this.#resolve = undefined;
  }
}
