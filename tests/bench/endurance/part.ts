/**
 * What the three processes of the endurance run have in common: how they are told what to do, when
 * they begin and end, and how they say what they measured.
 *
 * A part says "ready", waits for a line with the time at which all of them begin, works until its
 * standard input ends, and prints one {@linkcode Slice} as JSON for each slice of time. So none of
 * them outlives the bench.
 */
import type { Storage } from "../../../lib/open_storage.ts";
import { sleep } from "../../../lib/sleep.ts";
import { preciseNow } from "../clock.ts";
import { percentile } from "../figure.ts";
import { openTree } from "../open_tree.ts";
import { say } from "../say.ts";

/** Given to a part as JSON, its only argument. */
export interface PartOptions {
  readonly persistent_dir: string;
  readonly durability: "full" | "relaxed";
  /** Tasks a second. */
  readonly rate: number;
  readonly slices: number;
  readonly slice_ms: number;
  /** Tasks that ended longer ago are pruned, milliseconds. */
  readonly age_ms: number;
  /** Where it adds the id of each task that it has handled, one a line. */
  readonly ids_file: string;
}

/** What one process did in one slice of time. */
export interface Slice {
  /** Tasks handled. */
  readonly count: number;
  /** Milliseconds that they took: an enqueue, a pick-up, a prune. */
  readonly p50: number;
  readonly p99: number;
  /** Resident memory, bytes: the median of the samples. */
  readonly rss: number;
}

/** What a part says. */
export type PartMessage = "ready" | Slice;

export interface PartContext {
  readonly storage: Storage;
  readonly options: PartOptions;
  /** When all parts begin, by {@linkcode preciseNow}. */
  readonly begin: number;
  /** Aborted when the bench has closed the standard input. */
  readonly ending: AbortSignal;
  /** Counts a task, with the milliseconds that it took. */
  readonly handled: (id: string, milliseconds: number) => void;
}

const SAMPLES_A_SLICE = 60;

/** Runs one part from its arguments to its end. */
export async function runPart(work: (context: PartContext) => Promise<void>): Promise<void> {
  const options: PartOptions = JSON.parse(Deno.args[0] ?? "");
  const { persistent_dir, durability } = options;
  const storage = await openTree(persistent_dir, { durability, service_id: `bench-${Deno.pid}` });
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream() as TransformStream)
    .getReader();
  say<PartMessage>("ready");
  const { value: begin, done } = await input.read();
  if (done) return storage.close();
  const meter = new Meter(options, Number(begin));
  const ending = new AbortController();
  // The bench says nothing more: what comes next is the end.
  const ended = input.read().then(() => ending.abort());
  const { signal } = ending;
  await work({ storage, options, begin: Number(begin), ending: signal, handled: meter.handled });
  await ended;
  storage.close();
  meter.close();
}

/**
 * Calls back `count` times at even distances, `width` calls under way at most.
 *
 * @param at when a call is due, by {@linkcode preciseNow}
 */
export async function evenly(
  count: number,
  width: number,
  at: (index: number) => number,
  call: (index: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (!signal.aborted && next < count) {
      const index = next++;
      // Also when it is late: without a pause nothing else of this process would run.
      await sleep(Math.max(0, at(index) - preciseNow()), signal);
      if (!signal.aborted) await call(index);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Counts by slices, and prints each of them when it is over. */
class Meter {
  readonly #ids: Deno.FsFile;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #encoder = new TextEncoder();
  #unwritten: string[] = [];
  #times: number[] = [];
  #rss: number[] = [];
  #said = 0;

  constructor(private readonly options: PartOptions, private readonly begin: number) {
    this.#ids = Deno.openSync(options.ids_file, { createNew: true, write: true });
    this.#timer = setInterval(() => this.#sample(), options.slice_ms / SAMPLES_A_SLICE);
  }

  readonly handled = (id: string, milliseconds: number): void => {
    this.#endSlices();
    this.#unwritten.push(id);
    this.#times.push(milliseconds);
  };

  close(): void {
    clearInterval(this.#timer);
    this.#sample();
    this.#ids.close();
  }

  // What is measured must not grow with the run: ids go to the disk, times are kept for a slice.
  #sample(): void {
    this.#rss.push(Deno.memoryUsage().rss);
    this.#endSlices();
    const bytes = this.#encoder.encode(this.#unwritten.map((id) => id + "\n").join(""));
    this.#unwritten = [];
    for (let done = 0; done < bytes.length;) done += this.#ids.writeSync(bytes.subarray(done));
  }

  #endSlices(): void {
    const { slices, slice_ms } = this.options;
    while (this.#said < slices && preciseNow() >= this.begin + (this.#said + 1) * slice_ms) {
      this.#said++;
      say<PartMessage>(this.#slice());
      this.#times = [];
      this.#rss = [];
    }
  }

  #slice(): Slice {
    const times = this.#times.sort((a, b) => a - b);
    // A busy machine may have left no time for a sample.
    const rss = [...this.#rss, Deno.memoryUsage().rss].sort((a, b) => a - b);
    return {
      count: times.length,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      rss: percentile(rss, 0.5),
    };
  }
}
