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

  constructor(private readonly parts: DispatcherParts) {}

  /** How many tasks run now. */
  get running(): number {
    return this.#running.size;
  }

  /** Claims and runs until the signal is aborted; what runs then goes on. */
  async dispatch(signal: AbortSignal): Promise<void> {
    const { queue, concurrency, ready } = this.parts;
    while (!signal.aborted) {
      if (this.#running.size >= concurrency) await this.#slotFree(signal);
      await ready(signal);
      if (signal.aborted || this.#running.size >= concurrency) continue;
      const task = await queue.claim(signal);
      if (task !== undefined) this.#track(this.parts.run(task));
    }
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  // Not without the signal: a stop must not wait for a long run before its grace even begins.
  async #slotFree(signal: AbortSignal): Promise<void> {
    const settled = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true, signal: settled.signal });
    });
    await Promise.race([stopped, ...this.#running]);
    settled.abort();
  }

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
