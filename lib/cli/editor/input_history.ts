/**
 * Earlier messages under the arrow keys. What is being typed stands at their end and comes back;
 * an earlier one that was changed keeps its change until something is sent.
 */
export class InputHistory {
  /** Oldest first. */
  readonly #entries: string[] = [];
  readonly #changed = new Map<number, string>();
  #at = 0;

  /**
   * @param entries oldest first
   * @param limit of entries that are kept
   */
  constructor(entries: readonly string[], private readonly limit: number = 1_000) {
    for (const entry of entries) this.add(entry);
  }

  /** Adds what was sent, and goes back to the end. An equal one that was there moves to the end. */
  add(entry: string): void {
    this.#changed.clear();
    if (entry.trim() !== "") {
      const earlier = this.#entries.lastIndexOf(entry);
      if (earlier >= 0) this.#entries.splice(earlier, 1);
      this.#entries.push(entry);
      if (this.#entries.length > this.limit) this.#entries.shift();
    }
    this.#at = this.#entries.length;
  }

  /**
   * The entry before or after.
   *
   * @param current what stands in the line now, which is kept
   * @returns `undefined` where there is none
   */
  step(direction: -1 | 1, current: string): string | undefined {
    const next = this.#at + direction;
    if (next < 0 || next > this.#entries.length) return undefined;
    this.#changed.set(this.#at, current);
    this.#at = next;
    return this.#changed.get(next) ?? this.#entries[next] ?? "";
  }

  /**
   * The newest entry before a place that has the text in it, whatever the case.
   *
   * @param before the place of the entry found last; absent: the end
   */
  find(text: string, before: number = this.#entries.length): Found | undefined {
    const wanted = text.toLowerCase();
    for (let at = Math.min(before, this.#entries.length) - 1; at >= 0; at--) {
      const entry = this.#entries[at] ?? "";
      if (entry.toLowerCase().includes(wanted)) return { at, entry };
    }
    return undefined;
  }
}

/** An entry and its place. */
export interface Found {
  readonly at: number;
  readonly entry: string;
}
