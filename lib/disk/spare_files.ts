/**
 * Files whose name a newer version has taken, kept under a name of ours and written again.
 *
 * Every version of a record replaces a file. To let the old one go frees an inode, and that is
 * dear: on ext4 50 to 70 µs for the last close of a file without a name (a whole claim takes 60).
 * Where ext4 has no journal, as on many small virtual machines, every create of the next minutes
 * also looks past the inodes that were freed: beside 8,000 of them one takes 150 to 1,000 µs in
 * place of 20 (lib/cli/tasks/prune_slowly.ts has a table). A second name costs 15 µs, writing again
 * 9.
 *
 * What makes it safe: a file is kept only if a program like this one wrote it (another producer may
 * have it open still, and write to it), by the process that held its lock while it was replaced. It
 * is written again only when the name's change is durable, when no other name is left (a backup by
 * hard links is not touched), and when it is certain that nobody else has it locked. Who still reads
 * it has opened it before it lost its name: that is given time.
 */
import type { Disk, FileInfo } from "./disk.ts";
import type { Flusher } from "./flusher.ts";
import type { Runtime, Timer } from "../runtime.ts";
import type { Layout } from "./layout.ts";
import { discard, type Temporary } from "./publish.ts";

/** A reader that opened a file by its old name has so long to read it, in milliseconds. */
const MIN_AGE_MS = 1_000;
/** So many are left alone at any rate: with few tasks a file is old when it is written again. */
const DEPTH = 8;
/** When no task has ended for so long they are let go of, in milliseconds… */
const IDLE_MS = 2_000;
/** …so many at a time, so far apart: each takes the event loop for some 60 µs. */
const IDLE_BATCH = 16;
const IDLE_PAUSE_MS = 20;
/** More are let go of: that many are in use at 4,000 records a second. */
const MAX_SPARES = 4096;
/** A longer one would only hold room on the disk, in bytes. */
const MAX_BYTES = 64 * 1024;

export interface SpareFilesContext {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly elapsed: Runtime["elapsed"];
  readonly after: Runtime["after"];
}

export interface SpareFilesOptions {
  /**
   * Without flushes (`relaxed`) a file is emptied before it is written. Its name can be on the disk
   * half a minute before its bytes are, and ext4 and its like write out at once only what was
   * allocated anew when it is renamed over something: after a power cut another task's record would
   * have this one's name. Default: full.
   */
  readonly durability?: "full" | "relaxed";
  /** Milliseconds before a file is written again. Default: 1,000. */
  readonly min_age_ms?: number;
  /** How many are never written again. Default: 8. */
  readonly depth?: number;
}

interface Spare {
  readonly path: string;
  /** When it lost its old name, by `elapsed`. */
  readonly since: number;
}

export class SpareFiles {
  /** Oldest first. */
  readonly #spares: Spare[] = [];
  readonly #minAge: number;
  readonly #depth: number;
  readonly #durability: "full" | "relaxed";
  #timer: Timer | undefined;
  #lastAdded = 0;
  #closed = false;

  constructor(
    private readonly context: SpareFilesContext,
    { durability = "full", min_age_ms = MIN_AGE_MS, depth = DEPTH }: SpareFilesOptions = {},
  ) {
    this.#durability = durability;
    this.#minAge = min_age_ms;
    this.#depth = depth;
  }

  /**
   * Gives a file that is about to be replaced a name of ours. The caller holds its lock.
   *
   * @param old what is replaced
   * @param replacement what takes its place
   * @returns the name, for `add` or `drop`; `undefined` where the file is not one of our kind
   */
  async keep(path: string, old: FileInfo, replacement: FileInfo): Promise<string | undefined> {
    // A producer of another account, or a file that others may read, must not become a record.
    if (old.access !== replacement.access || old.size > MAX_BYTES) return undefined;
    const { disk, layout } = this.context;
    const spare = layout.temporary("spare");
    try {
      return await disk.link(path, spare) ? spare : undefined;
    } catch {
      // No room, or no hard links: nothing depends on it.
      return undefined;
    }
  }

  /** May be written again from now on: the old name stands for another file, durably. */
  async add(spare: string): Promise<void> {
    if (this.#closed) return await this.#remove(spare);
    this.#lastAdded = this.context.elapsed();
    this.#spares.push({ path: spare, since: this.#lastAdded });
    this.#timer ??= this.context.after(IDLE_MS, () => this.#whenIdle());
    if (this.#spares.length > MAX_SPARES) await this.#remove(this.#spares.shift()?.path ?? "");
  }

  /** Lets go of a file that was kept. */
  async drop(spare: string | undefined): Promise<void> {
    if (spare !== undefined) await this.#remove(spare);
  }

  /**
   * Writes bytes to a kept file and flushes it.
   *
   * @returns the open and locked file; `undefined` where there is none that may be written already
   */
  async write(bytes: Uint8Array, flusher: Flusher): Promise<Temporary | undefined> {
    const spare = await this.#take();
    if (spare === undefined) return undefined;
    const { file, size } = spare;
    try {
      if (this.#durability === "relaxed") await file.truncate(0);
      await file.write(bytes);
      if (this.#durability === "full" && size > bytes.length) await file.truncate(bytes.length);
      await flusher.file(file);
      return spare;
    } catch (error) {
      await discard(this.context.disk, spare);
      throw error;
    }
  }

  async #take(): Promise<Temporary & { readonly size: number } | undefined> {
    for (;;) {
      const oldest = this.#spares[0];
      if (oldest === undefined || this.#spares.length <= this.#depth) return undefined;
      if (this.context.elapsed() - oldest.since < this.#minAge) return undefined;
      this.#spares.shift();
      const taken = await this.#open(oldest.path);
      if (taken !== undefined) return taken;
    }
  }

  /** Removes all of them: the process ends. One that cannot be removed is swept later. */
  async clear(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    // All of them are asked for at once: nobody may be there to go on after an `await`.
    await Promise.all(this.#spares.splice(0).map(({ path }) => this.#remove(path)));
  }

  #whenIdle(): void {
    const idle = this.context.elapsed() - this.#lastAdded;
    const batch = idle < IDLE_MS ? [] : this.#spares.splice(0, IDLE_BATCH);
    // What cannot be removed is swept later.
    for (const { path } of batch) void this.#remove(path);
    const wait = idle < IDLE_MS ? IDLE_MS - idle : IDLE_PAUSE_MS;
    this.#timer = this.#spares.length === 0
      ? undefined
      : this.context.after(wait, () => this.#whenIdle());
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.context.disk.unlink(path);
    } catch {
      // A name that nobody knows but us: the sweep of a later start removes it.
    }
  }

  async #open(path: string) {
    const { disk } = this.context;
    const file = await disk.open(path, "own");
    // Swept away by somebody who thought it was left by a crash.
    if (file === undefined) return undefined;
    let taken = false;
    try {
      const info = await file.stat();
      // Somebody opened it by its old name long ago and tries its lock just now, or has named it.
      taken = info.links === 1 && await file.tryLock("exclusive");
      if (taken) return { path, file, size: info.size };
      await disk.unlink(path);
      return undefined;
    } finally {
      if (!taken) file.close();
    }
  }
}
