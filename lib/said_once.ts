/** Whether a fault was said already: for what is tried again and again until it works. */
export class SaidOnce {
  #said: string | undefined;

  /** Whether this is another fault than the last one, or the first since it worked. */
  isNews(error: unknown): boolean {
    const words = error instanceof Error ? error.message : String(error);
    const isNews = words !== this.#said;
    this.#said = words;
    return isNews;
  }

  /** It works. @returns whether a fault is over by that */
  over(): boolean {
    const wasSaid = this.#said !== undefined;
    this.#said = undefined;
    return wasSaid;
  }
}

/** The same for several, each by its name. */
export class EachSaidOnce {
  readonly #faults = new Map<string, SaidOnce>();

  isNews(name: string, error: unknown): boolean {
    const fault = this.#faults.get(name) ?? new SaidOnce();
    this.#faults.set(name, fault);
    return fault.isNews(error);
  }

  over(name: string): void {
    this.#faults.delete(name);
  }
}
