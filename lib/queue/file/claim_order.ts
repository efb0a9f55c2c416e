/** The names in pending/ that are known, in the order in which they are to be claimed. */
import { BinaryHeap } from "@std/data-structures";
import type { Runtime, Timer } from "../../runtime.ts";
import type { PendingEntry } from "./pending_entry.ts";

/** The timer for the next due task is never set for longer, in milliseconds. */
const MAX_WAIT_MS = 2_000;
/** So many places in the heaps may be those of names that are gone, before they are made anew. */
const DEAD = 10_000;

export class ClaimOrder {
  /** The entry of each name; an entry in a heap that is not here any more is dead. */
  readonly #entries = new Map<string, PendingEntry>();
  readonly #ready = new BinaryHeap<PendingEntry>((a, b) =>
    b.priority - a.priority || a.created - b.created || (a.stem < b.stem ? -1 : 1)
  );
  readonly #later = new BinaryHeap<PendingEntry>((a, b) => a.due - b.due);
  #timer: Timer | undefined;
  /** When the task that the timer is set for is due, milliseconds since the epoch. */
  #timerFor = Infinity;
  #closed = false;

  constructor(
    private readonly runtime: Pick<Runtime, "now" | "after">,
    /** Called when a task has become due. */
    private readonly onDue: () => void,
  ) {}

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Whether nothing is due, as far as is known. */
  get isEmpty(): boolean {
    return this.#ready.length === 0;
  }

  get(stem: string): PendingEntry | undefined {
    return this.#entries.get(stem);
  }

  values(): Iterable<PendingEntry> {
    return this.#entries.values();
  }

  /** Puts an entry in, in place of the one of its name. */
  insert(entry: PendingEntry): void {
    if (this.#closed) return;
    this.#entries.set(entry.stem, entry);
    this.#place(entry);
  }

  remove(stem: string): void {
    this.#entries.delete(stem);
  }

  /** Takes out the name that is to be claimed next, if any is due. */
  take(): PendingEntry | undefined {
    this.#promote();
    for (let entry = this.#ready.pop(); entry !== undefined; entry = this.#ready.pop()) {
      if (this.#entries.get(entry.stem) !== entry) continue;
      this.#entries.delete(entry.stem);
      return entry;
    }
    return undefined;
  }

  /**
   * Forgets what was removed. It stays in a heap until it comes to its top: for ever, in a service
   * that takes nothing for long while others do.
   */
  compact(): void {
    if (this.#ready.length + this.#later.length <= 2 * this.#entries.size + DEAD) return;
    this.#ready.clear();
    this.#later.clear();
    for (const entry of this.#entries.values()) this.#place(entry);
  }

  #place(entry: PendingEntry): void {
    if (entry.due <= this.runtime.now() && entry.waiting !== "look") {
      this.#ready.push(entry);
      this.onDue();
    } else {
      this.#later.push(entry);
      this.#armTimer();
    }
  }

  #promote(): void {
    const now = this.runtime.now();
    for (let next = this.#later.peek(); next && next.due <= now; next = this.#later.peek()) {
      this.#later.pop();
      if (this.#entries.get(next.stem) !== next) continue;
      // What is only to be looked at again is claimed: the claim looks for itself.
      this.#ready.push(next);
    }
  }

  #armTimer(): void {
    const next = this.#later.peek();
    if (next === undefined || this.#closed || next.due >= this.#timerFor) return;
    this.#timer?.cancel();
    this.#timerFor = next.due;
    // Short enough that a wall clock that was set forward is noticed.
    const wait = Math.min(Math.max(0, next.due - this.runtime.now()), MAX_WAIT_MS);
    this.#timer = this.runtime.after(wait, () => {
      this.#timerFor = Infinity;
      this.#promote();
      if (this.#ready.length > 0) this.onDue();
      this.#armTimer();
    });
  }
}
