import type { Runtime } from "../../runtime.ts";

/**
 * Lets the event loop turn in work that hardly ever waits for anything: the real disk answers at
 * once, and what is only awaited keeps timers, signals and events out until it is done.
 */
export class Turns {
  #since: number;

  constructor(
    private readonly runtime: Pick<Runtime, "elapsed" | "sleep">,
    /** The loop is held for at most so long at a time, in milliseconds. */
    private readonly slice_ms: number,
  ) {
    this.#since = runtime.elapsed();
  }

  /** Whether it is time for {@linkcode take}. */
  isOver(): boolean {
    return this.runtime.elapsed() - this.#since > this.slice_ms;
  }

  /** Resolves when the loop has turned. */
  async take(): Promise<void> {
    await this.runtime.sleep(0);
    this.begin();
  }

  /** The loop has just turned: something was waited for. */
  begin(): void {
    this.#since = this.runtime.elapsed();
  }
}
