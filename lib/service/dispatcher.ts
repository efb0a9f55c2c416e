/** Claims tasks as slots become free. */
import type { ClaimedTask, TaskQueue } from "../queue/task_queue.ts";

export interface DispatcherParts {
  readonly queue: TaskQueue;
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** Resolves when the model may be asked again. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** Runs a task to its end; never rejects. */
  readonly run: (task: ClaimedTask) => Promise<void>;
}

export class Dispatcher {
  readonly #running = new Set<Promise<void>>();
  /** Wakes `dispatch` where it waits for a free slot. */
  #slotFreed: (() => void) | undefined;

  constructor(private readonly parts: DispatcherParts) {}

  /** How many tasks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Claims and runs until the signal is aborted; what runs then goes on. */
  async dispatch(signal: AbortSignal): Promise<void> {
    const { queue, concurrency, ready } = this.parts;
    // A stop must not wait for a long run before its grace even begins.
    const onStop = () => this.#slotFreed?.();
    signal.addEventListener("abort", onStop);
    try {
      while (!signal.aborted) {
        if (this.#running.size >= concurrency) await this.#slotFree();
        await ready(signal);
        if (signal.aborted || this.#running.size >= concurrency) continue;
        const task = await queue.claim(signal);
        if (task !== undefined) this.#track(this.parts.run(task));
      }
    } finally {
      signal.removeEventListener("abort", onStop);
    }
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  // One promise for the next end of a run: a race among all of them costs each task as much as there
  // are others (5 % of a drain at concurrency 10).
  #slotFree(): Promise<void> {
    return new Promise((resolve) => this.#slotFreed = resolve);
  }

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => {
      this.#running.delete(tracked);
      this.#slotFreed?.();
    });
    this.#running.add(tracked);
  }
}
