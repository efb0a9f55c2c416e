/** Options of {@linkcode TimeLimits}. */
export interface TimeLimitsOptions {
  readonly total_seconds: number;
  readonly idle_seconds: number;
  /** Ends it too. */
  readonly signal: AbortSignal;
}

/** Aborts its signal when nothing has come for a while, when all takes too long, or with a call. */
export class TimeLimits implements Disposable {
  readonly #controller = new AbortController();
  readonly #total: ReturnType<typeof setTimeout>;
  #idle: ReturnType<typeof setTimeout>;

  constructor(private readonly options: TimeLimitsOptions) {
    const { total_seconds, signal } = options;
    const late = `it took more than ${total_seconds} s`;
    this.#total = setTimeout(() => this.#abort(late), 1000 * total_seconds);
    this.#idle = this.#startIdle();
    if (signal.aborted) this.#cancel();
    else signal.addEventListener("abort", this.#cancel, { once: true });
  }

  /** Its reason is an error whose message is a clause. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has come. */
  progress(): void {
    clearTimeout(this.#idle);
    this.#idle = this.#startIdle();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    this.options.signal.removeEventListener("abort", this.#cancel);
  }

  #startIdle(): ReturnType<typeof setTimeout> {
    const { idle_seconds } = this.options;
    return setTimeout(() => this.#abort(`nothing came for ${idle_seconds} s`), 1000 * idle_seconds);
  }

  readonly #cancel = () => this.#abort("the call was cancelled");

  #abort(why: string): void {
    this.#controller.abort(new Error(why));
  }
}
