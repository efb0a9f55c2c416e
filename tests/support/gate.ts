/** A point that a test holds something at: it sees when it is reached, and lets go by hand. */
export class Gate {
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();

  /** Resolves when the first one has arrived here. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Lets everything through, now and later. */
  release(): void {
    this.#released.resolve();
  }

  /** Called by whatever is held: resolves once the gate is released. */
  async pass(): Promise<void> {
    this.#reached.resolve();
    await this.#released.promise;
  }
}
