/**
 * Items in their order, each found when it is asked for: incremental quicksort (Paredes and Navarro,
 * "Optimal Incremental Sorting", 2006). The first of n costs about 2n comparisons, those after it a
 * few each, all of them together about as much as sorting.
 */
export class LazySort<T> {
  /** The ends of what is not in order yet, each part wholly before the next; the nearest is last. */
  readonly #ends: number[];
  #at = 0;

  /**
   * @param items are moved about in place
   * @param isBefore a strict order
   */
  constructor(
    private readonly items: T[],
    private readonly isBefore: (a: T, b: T) => boolean,
  ) {
    this.#ends = [items.length];
  }

  /** The next one; `undefined` when there is none any more. */
  next(): T | undefined {
    if (this.#at === this.items.length) return undefined;
    for (let end = this.#end(); end !== this.#at; end = this.#end()) {
      this.#ends.push(this.#partition(this.#at, end));
    }
    this.#ends.pop();
    return this.items[this.#at++];
  }

  #end(): number {
    return this.#ends[this.#ends.length - 1] as number;
  }

  /** Brings what is before the pivot to its left, and gives the pivot's place. */
  #partition(from: number, end: number): number {
    const { items, isBefore } = this;
    const pivot = this.#pivot(from, end);
    let place = from;
    for (let i = from; i < end - 1; i++) {
      const item = items[i] as T;
      if (!isBefore(item, pivot)) continue;
      items[i] = items[place] as T;
      items[place++] = item;
    }
    items[end - 1] = items[place] as T;
    items[place] = pivot;
    return place;
  }

  // The median of three, put last: names that are in order already must not cost the square.
  #pivot(from: number, end: number): T {
    const { items, isBefore } = this;
    const [middle, last] = [(from + end) >> 1, end - 1];
    const order = [from, middle, last].sort((a, b) =>
      isBefore(items[a] as T, items[b] as T) ? -1 : 1
    );
    const median = order[1] as number;
    const pivot = items[median] as T;
    items[median] = items[last] as T;
    items[last] = pivot;
    return pivot;
  }
}
