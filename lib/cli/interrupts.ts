/** `deno task` delivers one Ctrl-C twice within milliseconds: this long they count as one. */
const SAME_PRESS_MS = 500;

/** Interrupt signals of the process, handed to whoever does something that can be stopped. */
export class Interrupts {
  #handler: (() => void) | undefined;
  #last = -Infinity;

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Called by the entry file for each SIGINT. */
  raise(): void {
    const now = this.now();
    const again = now - this.#last < SAME_PRESS_MS;
    this.#last = now;
    if (!again) this.#handler?.();
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
