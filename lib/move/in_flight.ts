/** How much is on its way at once: so many things, and so many bytes in memory. */
export class InFlight {
  #bytes = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit more bytes are not on their way at once, but for a single thing that is larger */
  constructor(private readonly limit: number) {}

  /** Does something that needs so much memory, once there is room for it. */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    while (this.#bytes > 0 && this.#bytes + bytes > this.limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#bytes += bytes;
    try {
      return await work();
    } finally {
      this.#bytes -= bytes;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
