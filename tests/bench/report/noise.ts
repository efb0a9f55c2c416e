/**
 * How much the machine itself varies while the bench runs: the same small pieces of work again and
 * again between the rounds. A difference smaller than their spread means nothing.
 */
import { percentile } from "../figure.ts";
import { freshPlace } from "../spread_directory.ts";

/** One kind of work, always the same. */
export interface NoiseSpread {
  readonly of: string;
  /** Milliseconds, every time. */
  readonly values: readonly number[];
  /** Eight of ten lie within the median plus or minus this, in percent of it. */
  readonly spread: number;
  /** The slowest one, in percent over the median. */
  readonly worst: number;
}

const TURNS = 5_000_000;
const FILES = 50;
const FLUSHES = 5;

export class Noise {
  readonly #values: Record<string, number[]> = {
    "a loop": [],
    "file calls": [],
    "flushes": [],
  };
  #files = 0;
  readonly #place: string;

  /** @param root of the bench */
  constructor(root: string) {
    this.#place = freshPlace(root, "noise");
    // Once to have it compiled.
    this.sample();
    for (const values of Object.values(this.#values)) values.length = 0;
  }

  /** Does all of the work once: some 20 ms. */
  sample(): void {
    this.#time("a loop", spin);
    this.#time("file calls", () => this.#makeFiles());
    this.#time("flushes", () => this.#flush());
  }

  spreads(): NoiseSpread[] {
    return Object.entries(this.#values).map(([of, values]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const median = percentile(sorted, 0.5);
      const middle = percentile(sorted, 0.9) - percentile(sorted, 0.1);
      const worst = (sorted.at(-1) ?? NaN) / median - 1;
      return { of, values, spread: middle / 2 / median * 100, worst: worst * 100 };
    });
  }

  #time(of: string, work: () => void): void {
    const began = performance.now();
    work();
    this.#values[of]!.push(performance.now() - began);
  }

  // No inode is freed: making files is dearer for a minute after that.
  #makeFiles(): void {
    for (let i = 0; i < FILES; i++) {
      const path = `${this.#place}/${this.#files++}`;
      Deno.openSync(path, { createNew: true, write: true }).close();
      Deno.linkSync(path, `${path}.linked`);
      Deno.removeSync(path);
    }
  }

  #flush(): void {
    const file = Deno.openSync(`${this.#place}/${this.#files++}`, { createNew: true, write: true });
    for (let i = 0; i < FLUSHES; i++) {
      file.writeSync(new Uint8Array(500));
      file.syncDataSync();
    }
    file.close();
  }
}

/** Arithmetic that cannot be left out. */
function spin(): void {
  let sum = 1;
  for (let i = 0; i < TURNS; i++) sum = (Math.imul(sum, 31) + i) | 0;
  if (sum === 0.5) throw new Error("whole numbers only");
}
