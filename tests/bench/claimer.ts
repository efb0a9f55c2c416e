/** Processes that only claim, and what they are asked to measure. */
import { BenchChild } from "./bench_child.ts";
import { preciseNow } from "./clock.ts";
import { percentile } from "./figure.ts";
import type { Storage } from "../../lib/open_storage.ts";
import { NOOP_REQUEST } from "./noop_task.ts";

export type ClaimerOrders =
  /** Claim one task, then know all others, then weigh what is kept of them. */
  | { readonly kind: "start"; readonly directory: string }
  /** Know all tasks of each directory first, then end `count` of them, ten at once. */
  | {
    readonly kind: "drain";
    readonly warm_directory: string;
    readonly directories: readonly string[];
    readonly count: number;
  }
  /** Claim one after the other until the end of standard input. */
  | {
    readonly kind: "serve";
    readonly directory: string;
    /** How long each run takes, milliseconds. */
    readonly run_ms: number;
  };

/** What such a process says. `at` is `preciseNow()`. */
export type ClaimerMessage =
  | {
    readonly kind: "started";
    readonly first: number;
    readonly complete: number;
    /** Live memory after a garbage collection and all that the process has, bytes. */
    readonly live: number;
    readonly resident: number;
  }
  | { readonly kind: "drained"; readonly ms: number }
  | { readonly kind: "ready" }
  | { readonly kind: "claimed"; readonly id: string; readonly at: number };

/** Priority of the tasks that a serving claimer tells of. */
export const PROBE_PRIORITY = 10;

function startClaimer(orders: ClaimerOrders): BenchChild<ClaimerMessage> {
  return new BenchChild<ClaimerMessage>("./claimer_process.ts", orders);
}

/** Milliseconds from the start of a process to its first claim, and what else it tells. */
export async function measureStart(directory: string) {
  const began = preciseNow();
  await using claimer = startClaimer({ kind: "start", directory });
  const message = await claimer.nextOf("started");
  await claimer.end();
  const { first, complete, live, resident } = message;
  return { first_ms: first - began, complete_ms: complete - began, live, resident };
}

/** Tasks a second. */
export async function measureDrain(
  warm_directory: string,
  directories: readonly string[],
  count: number,
): Promise<number> {
  await using claimer = startClaimer({ kind: "drain", warm_directory, directories, count });
  const { ms } = await claimer.nextOf("drained");
  await claimer.end();
  return directories.length * count / ms * 1000;
}

/** What one task cost its producer, and when it was claimed in another process; milliseconds. */
export interface Probe {
  readonly enqueue_ms: number;
  readonly pick_up_ms: number;
}

/** A producer here and a claimer in a process of its own, on one tree. */
export class Prober implements AsyncDisposable {
  private constructor(
    private readonly storage: Storage,
    private readonly claimer: BenchChild<ClaimerMessage>,
  ) {}

  static async start(storage: Storage, directory: string, run_ms: number): Promise<Prober> {
    const claimer = startClaimer({ kind: "serve", directory, run_ms });
    await claimer.nextOf("ready");
    return new Prober(storage, claimer);
  }

  async probe(): Promise<Probe> {
    const began = preciseNow();
    const { id } = await this.storage.queue.enqueue({ ...NOOP_REQUEST, priority: PROBE_PRIORITY });
    const enqueue_ms = preciseNow() - began;
    const claimed = await this.claimer.nextOf("claimed");
    if (claimed.id !== id) throw new Error(`${claimed.id} was claimed, where ${id} was the first`);
    return { enqueue_ms, pick_up_ms: claimed.at - began };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.claimer[Symbol.asyncDispose]();
    this.storage.close();
  }
}

/** The median of one of the times of some probes, milliseconds. */
export function medianOf(probes: readonly Probe[], what: keyof Probe): number {
  return percentile(probes.map((probe) => probe[what]).sort((a, b) => a - b), 0.5);
}
