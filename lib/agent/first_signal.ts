/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Whichever of several signals (and a timer) comes first, and its name.
 *
 * Unlike `AbortSignal.any` and `AbortSignal.timeout` it lets go of its sources when disposed: the
 * service's own signals outlive thousands of runs, and a timer left behind keeps a process alive.
 */
export class FirstSignal<Cause extends string> implements Disposable {
  readonly #controller = new AbortController();
  readonly #release: (() => void)[] = [];
  readonly #fired = Promise.withResolvers<Cause>();
  #cause: Cause | undefined;

  /**
   * @param sources named signals; of several that are aborted already the first named one counts
   * @param timer fires `ms` milliseconds from now, at once when that is not positive
   */
  constructor(
    sources: Partial<Record<Cause, AbortSignal>>,
    timer?: { readonly cause: Cause; readonly ms: number },
  ) {
    for (const [cause, signal] of Object.entries(sources) as [Cause, AbortSignal][]) {
      this.#listen(cause, signal);
    }
    if (timer !== undefined) this.#arm(timer.cause, timer.ms);
  }

  /** Aborted once a source has fired. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The source that fired first; `undefined` as long as none has. */
  get cause(): Cause | undefined {
    return this.#cause;
  }

  /** Resolves with the name of the first source to fire; never when disposed of before. */
  get fired(): Promise<Cause> {
    return this.#fired.promise;
  }

  [Symbol.dispose](): void {
    for (const release of this.#release.splice(0)) release();
  }

  #listen(cause: Cause, signal: AbortSignal): void {
    if (signal.aborted) return this.#fire(cause);
    const onAbort = () => this.#fire(cause);
    signal.addEventListener("abort", onAbort);
    this.#release.push(() => signal.removeEventListener("abort", onAbort));
  }

  #arm(cause: Cause, ms: number): void {
    if (!(ms > 0)) return this.#fire(cause);
    const timer = setTimeout(() => this.#fire(cause), Math.min(ms, MAX_TIMER_MS));
    this.#release.push(() => clearTimeout(timer));
  }

  #fire(cause: Cause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this[Symbol.dispose]();
    this.#fired.resolve(cause);
    this.#controller.abort();
  }
}
