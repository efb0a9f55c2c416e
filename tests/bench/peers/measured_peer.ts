import { sleep } from "../../../lib/sleep.ts";
import type {
  ProducerCommand,
  Seen,
  SlowProducerCommand,
  SlowWorkerCommand,
  Span,
  WorkerCommand,
} from "./commands.ts";
import { HelperProcess } from "./helper_process.ts";
import { type Peer, PeerFailure } from "./peer.ts";

/** A fresh queue on a fresh server, which is stopped at the end of the scope. */
export interface FreshQueue extends AsyncDisposable {
  /** Starts the program that hands jobs in. */
  producer(): HelperProcess;
  /** Starts the program that does them; it takes none before it is told to. */
  worker(): HelperProcess;
}

/** What tells the peers apart. */
export interface PeerOptions extends Pick<Peer, "name" | "durability" | "remarks"> {
  /** Ends what still runs when the bench is left in the middle. */
  readonly running: AsyncDisposableStack;
  /** Jobs done before those that are measured, since a fresh program's code is not compiled yet. */
  readonly warmUp: number;
  /** The most jobs in a drain, and samples one at a time; more would take minutes. */
  readonly most?: { readonly jobs: number; readonly samples: number };
  /** Milliseconds between two looks of a worker at its queue, where it does not wait for jobs. */
  readonly looksEvery?: number;
  fresh(): Promise<FreshQueue>;
  /** For a queue too slow to be emptied: one that is the same each time. */
  kept?(): Promise<FreshQueue>;
}

/** Milliseconds between two jobs that are handed in one at a time: the worker is idle again. */
const PAUSE = 5;

/** Milliseconds a worker has to settle down, from being told to work to the first job. */
const SETTLE = 300;

/** Measures any queue that has a producer and a worker which do as they are told. */
export class MeasuredPeer implements Peer {
  readonly name: string;
  readonly durability: Peer["durability"];
  readonly remarks: readonly string[];
  readonly drainBeside?: (pending: number, seconds: number) => Promise<number>;

  constructor(private readonly options: PeerOptions) {
    ({ name: this.name, durability: this.durability, remarks: this.remarks } = options);
    if (options.kept !== undefined) {
      this.drainBeside = (pending, seconds) =>
        this.#orFail("drain", drainBeside(options, pending, seconds));
    }
  }

  enqueue(count: number, width: number): Promise<number> {
    return this.#orFail("enqueue", this.#enqueue(count, width));
  }

  drain(count: number, concurrency: number): Promise<number> {
    return this.#orFail("drain", this.#drain(count, concurrency));
  }

  pickUp(samples: number, rate?: number): Promise<number[]> {
    return this.#orFail("pick-up", this.#pickUp(samples, rate));
  }

  async #orFail<T>(what: string, measured: Promise<T>): Promise<T> {
    try {
      return await measured;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PeerFailure(`${this.name}, ${what}: ${why}`, { cause });
    }
  }

  async #enqueue(count: number, width: number): Promise<number> {
    const { running, warmUp } = this.options;
    await using queue = running.use(await this.options.fresh());
    await using producer = running.use(queue.producer());
    await produce(producer, { do: "enqueue", count: warmUp, width });
    const took = await produce<number>(producer, { do: "enqueue", count, width });
    await produce(producer, { do: "check_waiting", count: warmUp + count });
    return count / took * 1_000;
  }

  async #drain(asked: number, concurrency: number): Promise<number> {
    const { running, warmUp, most } = this.options;
    const count = Math.min(asked, most?.jobs ?? asked);
    await using queue = running.use(await this.options.fresh());
    await using producer = running.use(queue.producer());
    await using worker = running.use(queue.worker());
    if (warmUp > 0) await this.#rounds(producer, worker, warmUp, concurrency);
    const { first_start, last_end } = await this.#rounds(producer, worker, count, concurrency);
    await produce(producer, { do: "check_done", count: warmUp + count });
    return count / (last_end - first_start) * 1_000;
  }

  async #rounds(
    producer: HelperProcess,
    worker: HelperProcess,
    count: number,
    concurrency: number,
  ) {
    await produce(producer, { do: "fill", count });
    await order(worker, { do: "work", concurrency });
    const span = await order<Span>(worker, { do: "ended", count });
    await order(worker, { do: "rest" });
    return span;
  }

  async #pickUp(asked: number, rate: number | undefined): Promise<number[]> {
    const { running, warmUp, most } = this.options;
    const samples = rate === undefined ? Math.min(asked, most?.samples ?? asked) : asked;
    await using queue = running.use(await this.options.fresh());
    await using producer = running.use(queue.producer());
    await using worker = running.use(queue.worker());
    // Answers when the queue is there.
    await produce(producer, { do: "check_waiting", count: 0 });
    await order(worker, { do: "work", concurrency: 10 });
    await sleep(SETTLE);
    const before = Math.min(warmUp, samples);
    const handed = rate === undefined
      ? await this.#oneAtATime(producer, worker, before + samples)
      : await produce<Seen[]>(producer, { do: "hand_in_steadily", count: before + samples, rate });
    await order(worker, { do: "ended", count: before + samples });
    const starts = await order<Seen[]>(worker, { do: "starts" });
    await order(worker, { do: "rest" });
    await produce(producer, { do: "check_done", count: before + samples });
    return waits(handed, starts).slice(before);
  }

  async #oneAtATime(producer: HelperProcess, worker: HelperProcess, count: number) {
    const { looksEvery = 0 } = this.options;
    const handed: Seen[] = [];
    for (let n = 1; n <= count; n++) {
      // At any moment between two looks: always right after one would be the worst of them.
      await sleep(PAUSE + Math.random() * looksEvery);
      handed.push(await produce<Seen>(producer, { do: "hand_in" }));
      await order(worker, { do: "ended", count: n });
    }
    return handed;
  }
}

async function drainBeside({ running, kept }: PeerOptions, pending: number, seconds: number) {
  if (kept === undefined) throw new Error("its queue is not kept");
  await using queue = running.use(await kept());
  await using producer = running.use(queue.producer());
  await using worker = running.use(queue.worker());
  await produce(producer, { do: "fill_up", count: pending });
  await order(worker, { do: "work", concurrency: 1 });
  const milliseconds = seconds * 1_000;
  const ended = await order<number>(worker, { do: "ended_within", milliseconds });
  await order(worker, { do: "rest" });
  await produce(producer, { do: "check_none_lost" });
  return ended / seconds;
}

/** Of each job, in the order they were handed in. */
function waits(handed: readonly Seen[], starts: readonly Seen[]): number[] {
  const started = new Map(starts.map(({ id, at }) => [id, at]));
  return handed.map(({ id, at }) => {
    const start = started.get(id);
    if (start === undefined) throw new Error(`job ${id} was never started`);
    return start - at;
  });
}

function produce<A = null>(
  producer: HelperProcess,
  command: ProducerCommand | SlowProducerCommand,
): Promise<A> {
  return producer.ask(command);
}

function order<A = null>(
  worker: HelperProcess,
  command: WorkerCommand | SlowWorkerCommand,
): Promise<A> {
  return worker.ask(command);
}
