import { preciseNow } from "../clock.ts";
import type { Seen, Span } from "./commands.ts";

/** Milliseconds without any job's end after which the rest counts as lost. */
const STALLED_AFTER = 20_000;

/** What a worker has seen of its jobs. */
export class Tally {
  readonly starts: Seen[] = [];
  #ended = 0;
  #lastEnd = 0;
  #failure: string | undefined;
  #wake = () => {};

  started(id: string): void {
    this.starts.push({ id, at: preciseNow() });
  }

  /** The queue has acknowledged that this job is done. */
  ended(): void {
    this.#lastEnd = preciseNow();
    this.#ended++;
    this.#wake();
  }

  failed(why: string): void {
    this.#failure ??= why;
    this.#wake();
  }

  /**
   * Waits until so many jobs have ended.
   *
   * @param settled what is still to be waited for then, as part of the last one's end
   * @throws when one failed, when none has ended for a long time, or when more started than that.
   */
  async span(count: number, settled?: () => Promise<void>): Promise<Span> {
    while (this.#ended < count && this.#failure === undefined) {
      if (!await this.#progress()) {
        throw new Error(`${this.#ended} of ${count} jobs ended, and then none for a long time`);
      }
    }
    if (this.#failure !== undefined) throw new Error(`a job failed: ${this.#failure}`);
    if (this.starts.length > count) {
      throw new Error(`of ${count} jobs ${this.starts.length - count} were started twice`);
    }
    if (settled !== undefined) {
      await settled();
      this.#lastEnd = preciseNow();
    }
    return { first_start: this.starts[0]?.at ?? NaN, last_end: this.#lastEnd };
  }

  #progress(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), STALLED_AFTER);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
