import type { DiskFile } from "./disk.ts";
import type { Flusher } from "./flusher.ts";

const encoder = new TextEncoder();

/** Adds lines to the end of an open file: whole, in order, and durable once acknowledged. */
export class LineWriter {
  #broken: unknown;
  #written: Promise<void> = Promise.resolve();
  #flushed: Promise<void> = Promise.resolve();
  /** A flush that has not begun yet. */
  #next: Promise<void> | undefined;

  /**
   * @param name what messages call the file
   * @param gather awaited before each flush: lines that are added meanwhile share it
   */
  constructor(
    private readonly name: string,
    private readonly file: DiskFile,
    private readonly flusher: Flusher,
    private readonly gather: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * Adds one line. Durable when it resolves; those under way together share a flush.
   *
   * @param line without its newline
   * @throws {Error} when it could not be written, or an earlier one was not written whole; not before
   * the flush is over too, so that the file can be closed then
   * @throws {DurabilityLost} when a flush failed, this one or an earlier one
   */
  append(line: string): Promise<void> {
    const written = this.add(line);
    this.#next ??= this.#flush();
    const flushed = bothOver(written, this.#next);
    this.#flushed = flushed.catch(() => {});
    return flushed;
  }

  async #flush(): Promise<void> {
    await this.gather();
    // Whoever comes from here on may write too late for this one.
    this.#next = undefined;
    await this.#written;
    await this.flusher.file(this.file);
  }

  /**
   * Adds one line that is durable only with the next `append`. Written when it resolves.
   *
   * @param line without its newline
   * @throws {Error} when it could not be written, or an earlier one was not written whole
   */
  add(line: string): Promise<void> {
    const bytes = encoder.encode(line + "\n");
    // One after the other: what is written behind half a line would be lost with it.
    const written = this.#written.then(() => this.#write(bytes));
    this.#written = written.catch(() => {});
    return written;
  }

  /** Resolves when nothing is being written or flushed any more: the file can be closed. */
  async idle(): Promise<void> {
    await this.#flushed;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#broken !== undefined) {
      throw new Error(
        `Cannot add to ${this.name}: it broke off at an earlier line; start the program again`,
        { cause: this.#broken },
      );
    }
    try {
      await this.file.write(bytes);
    } catch (error) {
      this.#broken = error ?? new Error("unknown");
      throw error;
    }
  }
}

// Not as soon as one fails: a flush of a file that was closed meanwhile would count as the disk's.
async function bothOver(written: Promise<void>, flushed: Promise<void>): Promise<void> {
  for (const each of await Promise.allSettled([written, flushed])) {
    if (each.status === "rejected") throw each.reason;
  }
}
