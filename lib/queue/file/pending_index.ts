/**
 * What is in pending/, in memory: ids and the order in which they are to be claimed.
 *
 * A hint only. Events and scans say which names to look at; a claim reads the file itself again.
 */
import { getLogger } from "@logtape/logtape";
import type { Timer } from "../../runtime.ts";
import { ClaimOrder } from "./claim_order.ts";
import type { EngineContext } from "./context.ts";
import { LazySort } from "../lazy_sort.ts";
import { lookAt, PendingEntry } from "./pending_entry.ts";
import { stemOf } from "./stem_of.ts";
import { Turns } from "./turns.ts";
import type { Wakeup } from "../wakeup.ts";

const log = getLogger(["bts", "queue"]);

/** Looking at files takes the event loop for at most so long at a time, in milliseconds. */
const SLICE_MS = 2;
/** The first claim waits at most so long for a higher priority to be read, in milliseconds. */
const FIRST_CLAIM_MS = 300;
/** Names that are told apart before the clock is asked: a fraction of a millisecond. */
const SORTED_AT_ONCE = 1_000;
/** The directory is read at least this often, and at most, in milliseconds. */
const MIN_SCAN_MS = 2_000;
const MAX_SCAN_MS = 60_000;
/** Scanning takes at most one part in so many of the time. */
const SCAN_SHARE = 100;
/** A file that somebody else holds is looked at again this soon, and so often; then by the scan. */
const HELD_RETRY_MS = 15;
const HELD_RETRIES = 2;

/** Names that a scan has found, in the order in which they are looked at. */
interface Found {
  next(): string | undefined;
  /** All of them were looked at, or the index was closed. */
  readonly done: () => void;
}

/**
 * The order is by priority, then by age. It is exact once the directory was read whole, and the
 * first claim waits for that, but for no more than 300 ms (some 15,000 tasks): with more of them
 * what was read by then is claimed while the rest is read, in the order of its names: ULIDs are read
 * oldest first. Until that is done a task that was not read yet can be overtaken by one of a lower
 * priority. Claiming and reading take turns of a few milliseconds, so neither waits
 * for the other's end.
 */
export class PendingIndex {
  readonly #order: ClaimOrder;
  /** Names from events: few, and looked at before those that a scan has found. */
  readonly #noted = new Set<string>();
  /** Names that were left alone when they were last looked at. */
  readonly #left = new Set<string>();
  #found: Found | undefined;
  #isLooking = false;
  #scanning: Promise<void> | undefined;
  #scans = 0;
  #scanTimer: Timer | undefined;
  #complete = false;
  /** When it was started, by `elapsed`. */
  #begun = Infinity;
  readonly #turns: Turns;
  readonly #closing = new AbortController();

  constructor(
    private readonly context: EngineContext,
    /** Woken when a task may have become claimable. */
    private readonly ready: Wakeup,
  ) {
    this.#order = new ClaimOrder(context, () => this.#mayTake() && ready.wake());
    this.#turns = new Turns(context, SLICE_MS);
  }

  /** Begins to read the directory, now and then and at once. */
  start(): void {
    this.#begun = this.context.elapsed();
    this.scanSoon();
  }

  close(): void {
    this.#closing.abort();
    this.#scanTimer?.cancel();
    this.#order.close();
  }

  /** Something may have happened to this name: look at it soon. */
  note(stem: string): void {
    if (this.#closing.signal.aborted) return;
    this.#noted.add(stem);
    void this.#lookAtAll();
  }

  /**
   * A name is there that is probably new. Where somebody waits for any task and none is there, it
   * is claimed unread: the claim reads it anyway, and a pick-up is shorter by a third.
   */
  noteNew(stem: string): void {
    const isFirst = this.ready.isAwaited && this.#complete && !this.#isLooking &&
      this.#order.isEmpty && this.#order.get(stem) === undefined;
    // A name that cannot be opened has to be looked at to be told.
    if (isFirst && !stem.includes("\ufffd")) {
      this.#order.insert(new PendingEntry(stem, 0, this.#scans));
    } else this.note(stem);
  }

  /** The file was held by somebody else: look again a few times before leaving it to the scan. */
  noteHeld(stem: string, tries: number): void {
    if (tries < HELD_RETRIES) this.noteLater(stem, this.context.now() + HELD_RETRY_MS, tries + 1);
  }

  /** Look at this name at that time, milliseconds since the epoch. */
  noteLater(stem: string, at: number, tries = 0): void {
    this.#order.insert(new PendingEntry(stem, at, this.#scans, { waiting: "look", tries }));
  }

  /** This name is not ours to touch until it changes. */
  leave(stem: string, reason: string): void {
    this.#order.remove(stem);
    this.#left.add(stem);
    this.context.complaints.leave(`pending/${stem}.json`, reason);
  }

  /** Takes out the name that is to be claimed next, if any is due. */
  take(): { stem: string; tries: number } | undefined {
    return this.#mayTake() ? this.#order.take() : undefined;
  }

  #mayTake(): boolean {
    return this.#complete || this.context.elapsed() - this.#begun > FIRST_CLAIM_MS;
  }

  /** Counts what is known, after a scan has made it complete. */
  async count(): Promise<{ due: number; retrying: number; scheduled: number }> {
    await this.scan();
    const now = this.context.now();
    const counts = { due: 0, retrying: 0, scheduled: 0 };
    for (const entry of this.#order.values()) {
      const waits = entry.due > now && entry.waiting !== "look";
      counts[waits && entry.waiting !== "due" ? entry.waiting as "retrying" : "due"]++;
    }
    return counts;
  }

  /** Begins a scan. A fault of the disk's is logged: the next scan comes by itself. */
  scanSoon(): void {
    this.scan().catch((error) => log.error`pending/ could not be read: ${error}`);
  }

  /** Reads the directory: the truth, where events are only hints. */
  scan(): Promise<void> {
    return this.#scanning ??= this.#scan().finally(() => this.#scanning = undefined);
  }

  async #scan(): Promise<void> {
    this.#scanTimer?.cancel();
    const began = this.context.elapsed();
    try {
      const scan = ++this.#scans;
      const { fresh, known } = await this.#list(scan);
      for (const entry of this.#order.values()) {
        if (entry.scan !== scan) this.#order.remove(entry.stem);
      }
      await this.#lookAtFound(fresh, known);
      this.#order.compact();
    } finally {
      this.#scheduleScan(this.context.elapsed() - began);
      if (!this.#complete) {
        this.#complete = true;
        this.ready.wake();
      }
    }
  }

  /** The names in the directory, apart by whether they are known; these are marked as seen. */
  async #list(scan: number): Promise<{ fresh: string[]; known: string[] }> {
    const { disk, layout } = this.context;
    const fresh: string[] = [];
    const known: string[] = [];
    const names = await disk.names(layout.state("pending")) ?? [];
    for (const [i, name] of names.entries()) {
      if (i % SORTED_AT_ONCE === 0 && this.#turns.isOver()) await this.#turns.take();
      const stem = stemOf(name);
      if (stem === undefined) continue;
      const entry = this.#order.get(stem);
      if (entry === undefined) fresh.push(name);
      else {
        entry.scan = scan;
        known.push(stem);
      }
    }
    return { fresh, known };
  }

  // New ones first, by their names: those of ULIDs are in the order of their age. The names as they
  // are, since cut pieces of them compare several times slower.
  async #lookAtFound(fresh: string[], known: string[]): Promise<void> {
    const sorted = new LazySort(fresh, (a, b) => a < b);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#found = { next: () => stemOf(sorted.next() ?? "") ?? known.pop(), done: resolve };
    void this.#lookAtAll();
    await promise;
  }

  #scheduleScan(lasted: number): void {
    if (this.#closing.signal.aborted) return;
    const wait = Math.min(MAX_SCAN_MS, Math.max(MIN_SCAN_MS, lasted * SCAN_SHARE));
    this.#scanTimer = this.context.after(wait, () => this.scanSoon());
  }

  // One name after the other, whoever asked for it: an older look must not end after a newer one.
  async #lookAtAll(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#turns.begin();
    try {
      while (this.#noted.size > 0 || this.#found !== undefined) {
        for (const stem of this.#noted) {
          this.#noted.delete(stem);
          await this.#lookAt(stem);
          if (this.#turns.isOver()) await this.#turns.take();
          if (this.#closing.signal.aborted) return;
        }
        const stem = this.#nextFound();
        if (stem !== undefined) await this.#lookAt(stem);
        if (this.#turns.isOver()) await this.#turns.take();
        if (this.#closing.signal.aborted) return;
      }
    } finally {
      this.#isLooking = false;
      this.#found?.done();
      this.#found = undefined;
    }
  }

  #nextFound(): string | undefined {
    const stem = this.#found?.next();
    if (stem !== undefined) return stem;
    this.#found?.done();
    this.#found = undefined;
  }

  async #lookAt(stem: string): Promise<void> {
    const { disk, layout, complaints } = this.context;
    try {
      const known = this.#order.get(stem);
      if (known !== undefined) {
        // Not every event is worth a read.
        const info = await disk.stat(layout.task("pending", stem));
        if (info !== undefined && known.isOf(info)) return;
      }
      const look = await lookAt(this.context, stem, this.#scans);
      if (look.kind === "left") return this.leave(stem, look.reason);
      if (look.kind === "later") return this.noteLater(stem, look.at);
      if (this.#left.delete(stem)) complaints.forget(`pending/${stem}.json`);
      if (look.kind === "entry") this.#order.insert(look.entry);
      else this.#order.remove(stem);
    } catch (error) {
      this.leave(stem, `it cannot be read (${error instanceof Error ? error.message : error})`);
    }
  }
}
