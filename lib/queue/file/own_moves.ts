import type { Runtime } from "../../runtime.ts";

/** An event is waited for this long, in milliseconds, and at most so many of them. */
const EXPECTED_MS = 1_000;
const MOST = 1_000;

/**
 * The moves out of pending/ that this process has made and not been told of yet. Each comes back
 * as an event: a look at a name that is not there any more, for nothing, would cost a tenth of the
 * claim.
 *
 * One event a move is let go, whatever came to pass meanwhile: another file of that name has
 * an event of its own, and where that one was lost there is the scan.
 */
export class OwnMoves {
  readonly #made = new Map<string, number>();

  constructor(private readonly runtime: Pick<Runtime, "elapsed">) {}

  add(stem: string): void {
    this.#made.delete(stem);
    this.#made.set(stem, this.runtime.elapsed());
    if (this.#made.size <= MOST) return;
    for (const oldest of this.#made.keys()) {
      this.#made.delete(oldest);
      return;
    }
  }

  /** Whether an event about this name tells of such a move; it counts once. */
  explains(stem: string): boolean {
    const at = this.#made.get(stem);
    if (at === undefined) return false;
    this.#made.delete(stem);
    return this.runtime.elapsed() - at < EXPECTED_MS;
  }

  /** Events were lost: none is waited for any more. */
  clear(): void {
    this.#made.clear();
  }
}
