/**
 * What is in pending/, in memory: ids and the order in which they are to be claimed.
 *
 * A hint only. Events and scans say which names to look at; a claim reads the file itself again.
 */
import { getLogger } from "@logtape/logtape";
import { BinaryHeap } from "@std/data-structures";
import type { Timer } from "../../runtime.ts";
import { dueAt } from "../../task/transitions.ts";
import { parseTime } from "../../task/time.ts";
import type { FileInfo } from "../../disk/disk.ts";
import { GRACE_MS } from "./claim.ts";
import type { EngineContext } from "./context.ts";
import { isSame } from "./held_file.ts";
import { readAt } from "./record_file.ts";
import { stemOf } from "./stem_of.ts";

const log = getLogger(["bts", "queue"]);

/** Looking at files takes the event loop for at most so long at a time, in milliseconds. */
const SLICE_MS = 4;
/** The directory is read at least this often, and at most, in milliseconds. */
const MIN_SCAN_MS = 2_000;
const MAX_SCAN_MS = 60_000;
/** Scanning takes at most one part in so many of the time. */
const SCAN_SHARE = 100;
/** A file that somebody else holds is looked at again this soon, and so often; then by the scan. */
const HELD_RETRY_MS = 15;
const HELD_RETRIES = 2;

type Waiting = "due" | "retrying" | "scheduled" | "look";

interface Entry {
  readonly stem: string;
  readonly priority: number;
  readonly created: number;
  readonly due: number;
  readonly waiting: Waiting;
  /** How often it was found held by somebody else. */
  readonly tries: number;
  /** The file that was looked at. */
  readonly info?: FileInfo;
}

export class PendingIndex {
  /** The entry of each name; an entry in a heap that is not here any more is dead. */
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new BinaryHeap<Entry>((a, b) =>
    b.priority - a.priority || a.created - b.created || (a.stem < b.stem ? -1 : 1)
  );
  readonly #later = new BinaryHeap<Entry>((a, b) => a.due - b.due);
  readonly #toLookAt = new Set<string>();
  #looking: Promise<void> | undefined;
  #scanning: Promise<void> | undefined;
  #scanTimer: Timer | undefined;
  #dueTimer: Timer | undefined;
  #complete = false;
  readonly #closing = new AbortController();

  constructor(
    private readonly context: EngineContext,
    /** Called when a task may have become claimable. */
    private readonly onReady: () => void,
  ) {}

  /** Begins to read the directory, now and then and at once. */
  start(): void {
    this.scanSoon();
  }

  close(): void {
    this.#closing.abort();
    this.#scanTimer?.cancel();
    this.#dueTimer?.cancel();
  }

  /** Something may have happened to this name: look at it soon. */
  note(stem: string): void {
    if (this.#closing.signal.aborted) return;
    this.#toLookAt.add(stem);
    this.#looking ??= this.#lookAtAll();
  }

  /** The file was held by somebody else: look again a few times before leaving it to the scan. */
  noteHeld(stem: string, tries: number): void {
    if (tries < HELD_RETRIES) this.noteLater(stem, this.context.now() + HELD_RETRY_MS, tries + 1);
  }

  /** Look at this name at that time, milliseconds since the epoch. */
  noteLater(stem: string, at: number, tries = 0): void {
    this.#insert({ stem, priority: 0, created: 0, due: at, waiting: "look", tries });
  }

  /** This name is not ours to touch until it changes. */
  leave(stem: string, reason: string): void {
    this.#entries.delete(stem);
    this.context.complaints.leave(`pending/${stem}.json`, reason);
  }

  /**
   * Takes out the name that is to be claimed next, if any is due. Nothing is before the directory
   * was read once: in the order of its names a low priority could come first.
   */
  take(): { stem: string; tries: number } | undefined {
    if (!this.#complete) return undefined;
    this.#promote();
    for (let entry = this.#ready.pop(); entry !== undefined; entry = this.#ready.pop()) {
      if (this.#entries.get(entry.stem) !== entry) continue;
      this.#entries.delete(entry.stem);
      return entry;
    }
    return undefined;
  }

  /** Counts what is known, after a scan has made it complete. */
  async count(): Promise<{ due: number; retrying: number; scheduled: number }> {
    await this.scan();
    const now = this.context.now();
    const counts = { due: 0, retrying: 0, scheduled: 0 };
    for (const entry of this.#entries.values()) {
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
      const before = new Map(this.#entries);
      const names = await this.#listStems();
      for (const [stem, entry] of before) {
        if (!names.has(stem) && this.#entries.get(stem) === entry) this.#entries.delete(stem);
      }
      for (const stem of names) this.note(stem);
      await this.#looking;
    } finally {
      this.#scheduleScan(this.context.elapsed() - began);
      if (!this.#complete) {
        this.#complete = true;
        this.onReady();
      }
    }
  }

  async #listStems(): Promise<Set<string>> {
    const { disk, layout } = this.context;
    const stems = new Set<string>();
    for (const { name } of await disk.list(layout.state("pending")) ?? []) {
      const stem = stemOf(name);
      if (stem !== undefined) stems.add(stem);
    }
    return stems;
  }

  #scheduleScan(lasted: number): void {
    if (this.#closing.signal.aborted) return;
    const wait = Math.min(MAX_SCAN_MS, Math.max(MIN_SCAN_MS, lasted * SCAN_SHARE));
    this.#scanTimer = this.context.after(wait, () => this.scanSoon());
  }

  // Not every event is worth a read. But a name can stand for another file by now: a task that was
  // cancelled and retried, or one that a person edited.
  #isKnown(stem: string, info: FileInfo): boolean {
    const known = this.#entries.get(stem)?.info;
    return known !== undefined && isSame(known, info) && known.mtime === info.mtime &&
      known.size === info.size;
  }

  async #lookAtAll(): Promise<void> {
    try {
      let sliceEnd = this.context.elapsed() + SLICE_MS;
      for (const stem of this.#toLookAt) {
        if (this.#closing.signal.aborted) return;
        this.#toLookAt.delete(stem);
        await this.#look(stem);
        if (this.context.elapsed() > sliceEnd) {
          await this.context.sleep(0, this.#closing.signal);
          sliceEnd = this.context.elapsed() + SLICE_MS;
        }
      }
    } finally {
      this.#looking = undefined;
    }
  }

  async #look(stem: string): Promise<void> {
    const { disk, layout, now } = this.context;
    try {
      const info = await disk.stat(layout.task("pending", stem));
      if (info === undefined) {
        // Deno shows the bytes of a name that are no UTF-8 as U+FFFD, and cannot open it.
        if (stem.includes("\ufffd")) return this.leave(stem, "its name is not UTF-8 text");
        return this.#forget(stem);
      }
      if (this.#isKnown(stem, info)) return;
      if (info.kind !== "file") return this.leave(stem, "it is not a regular file");
      const parsed = await readAt(this.context, "pending", stem);
      if (parsed === undefined) return;
      if (parsed.kind === "newer") {
        return this.leave(stem, `its version ${parsed.version} is newer than this program`);
      }
      this.context.complaints.forget(`pending/${stem}.json`);
      if (parsed.kind === "task") return this.#insert(entryOf(stem, parsed.record, now(), info));
      const judgedAt = Math.min(info.mtime, now()) + GRACE_MS;
      if (parsed.unfinished && judgedAt > now()) return this.noteLater(stem, judgedAt);
      // Not valid: the claim judges it, under its lock.
      this.#insert({ stem, priority: 0, created: 0, due: 0, waiting: "due", tries: 0, info });
    } catch (error) {
      this.leave(stem, `it cannot be read (${error instanceof Error ? error.message : error})`);
    }
  }

  #forget(stem: string): void {
    this.#entries.delete(stem);
    this.context.complaints.forget(`pending/${stem}.json`);
  }

  #insert(entry: Entry): void {
    if (this.#closing.signal.aborted) return;
    this.#entries.set(entry.stem, entry);
    if (entry.due <= this.context.now() && entry.waiting !== "look") {
      this.#ready.push(entry);
      this.onReady();
    } else {
      this.#later.push(entry);
      this.#armTimer();
    }
  }

  #promote(): void {
    const now = this.context.now();
    for (let next = this.#later.peek(); next && next.due <= now; next = this.#later.peek()) {
      this.#later.pop();
      if (this.#entries.get(next.stem) !== next) continue;
      // What is only to be looked at again is claimed: the claim looks for itself.
      this.#ready.push(next);
    }
  }

  #armTimer(): void {
    this.#dueTimer?.cancel();
    const next = this.#later.peek();
    if (next === undefined || this.#closing.signal.aborted) return;
    // Short enough that a wall clock that was set forward is noticed.
    const wait = Math.min(Math.max(0, next.due - this.context.now()), MIN_SCAN_MS);
    this.#dueTimer = this.context.after(wait, () => {
      this.#promote();
      if (this.#ready.length > 0) this.onReady();
      this.#armTimer();
    });
  }
}

function entryOf(
  stem: string,
  record: Parameters<typeof dueAt>[0],
  now: number,
  info: FileInfo,
): Entry {
  const due = dueAt(record);
  const retries = record.retry_at !== undefined && parseTime(record.retry_at) > now;
  const starts = record.run_at !== undefined && parseTime(record.run_at) > now;
  const waiting = starts ? "scheduled" : retries ? "retrying" : "due";
  return {
    stem,
    priority: record.priority,
    created: parseTime(record.created_at),
    due,
    waiting,
    tries: 0,
    info,
  };
}
