/** The processes of one tool: kept warm, used again, as many as calls at a time need. */
import type { SandboxLimits } from "./limits.ts";
import type { ToolProcess } from "./tool_process.ts";

/** Hands out processes, each to one call at a time. */
export class ToolPool {
  readonly #start: () => ToolProcess;
  readonly #limits: SandboxLimits;
  readonly #all = new Set<ToolProcess>();
  readonly #idle = new Map<ToolProcess, ReturnType<typeof setTimeout>>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(start: () => ToolProcess, limits: SandboxLimits) {
    this.#start = start;
    this.#limits = limits;
  }

  /**
   * A process for one call: the warm one that was used last, else a new one, else the first to
   * come free. `undefined` when the signal aborts first or the pool is closed.
   *
   * @throws {Error} when the program cannot be started
   */
  async acquire(signal: AbortSignal): Promise<ToolProcess | undefined> {
    while (!this.#closed && !signal.aborted) {
      const warm = this.#takeIdle();
      if (warm !== undefined) return warm;
      if (this.#all.size < this.#limits.processes_per_tool) return this.#startOne();
      await this.#change(signal);
    }
    return undefined;
  }

  /** Gives a process back after its call. */
  release(process: ToolProcess): void {
    if (process.channel.alive && !this.#closed) {
      const timer = setTimeout(() => {
        this.#idle.delete(process);
        process.channel.kill("it was no longer needed");
      }, this.#limits.idle_seconds * 1000);
      Deno.unrefTimer(timer);
      this.#idle.set(process, timer);
    }
    this.#waiting.shift()?.();
  }

  /** Ends all processes and waits until they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    const all = [...this.#all];
    for (const process of all) process.channel.kill("the service is stopping");
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(all.map((process) => process.channel.ended));
  }

  #takeIdle(): ToolProcess | undefined {
    for (const [process, timer] of [...this.#idle].reverse()) {
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.channel.alive) return process;
    }
    return undefined;
  }

  #startOne(): ToolProcess {
    const process = this.#start();
    this.#all.add(process);
    process.channel.ended.then(() => {
      this.#all.delete(process);
      clearTimeout(this.#idle.get(process));
      this.#idle.delete(process);
      this.#waiting.shift()?.();
    });
    return process;
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Out of the queue when aborted: a wake-up given to nobody would be lost.
    const abort = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at !== -1) this.#waiting.splice(at, 1);
      resolve();
    };
    this.#waiting.push(resolve);
    signal.addEventListener("abort", abort, { once: true });
    await promise;
    signal.removeEventListener("abort", abort);
  }
}
