/** `@std/data-structures` from `npm:deno-std`, typed; see lib/std/assert.ts for why. */
import { BinaryHeap as StdBinaryHeap } from "deno-std/data_structures/binary_heap.js";

/** A priority queue: `pop` gives the element that `compare` puts first. */
export interface BinaryHeap<T> {
  readonly length: number;
  push(...values: T[]): number;
  pop(): T | undefined;
  peek(): T | undefined;
  clear(): void;
}

export const BinaryHeap: new <T>(compare: (a: T, b: T) => number) => BinaryHeap<T> = StdBinaryHeap;
