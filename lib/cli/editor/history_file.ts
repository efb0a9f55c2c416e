/**
 * What people typed into the chats of one directory, for the arrow keys of the next one:
 * `history.jsonl` beside the tasks (0600), one JSON string a line, oldest first.
 *
 * It is a convenience: where it cannot be read or written, a chat goes on without. Every line is
 * added and the file is shortened under its lock, so that several chats may use it at once; who
 * does not get the lock within a moment leaves a line out.
 */
import type { Disk, DiskFile } from "../../disk/disk.ts";
import { readLastLines } from "../../disk/read_last_lines.ts";

/** A longer file is shortened when a chat opens it, in bytes. */
const MAX_BYTES = 512 * 1024;
/** So much of it is kept then, and read. */
const KEPT_BYTES = 256 * 1024;
/** A longer message is not kept, in UTF-16 units. */
const MAX_ENTRY = 10_000;
/** Tries for the lock, and the pause between two. */
const TRIES = 20;
const PAUSE_MS = 5;

export interface HistoryFileOptions {
  readonly disk: Disk;
  readonly path: string;
  /** A pause between two tries for the lock. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

export class HistoryFile {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly options: HistoryFileOptions) {}

  /** What was typed, oldest first; shortens the file where it has grown long. */
  async load(): Promise<string[]> {
    try {
      return await this.#locked(async (file) => {
        const isLong = (await file.stat()).size > MAX_BYTES;
        const kept = await readLastLines(file, isLong ? KEPT_BYTES : MAX_BYTES);
        if (isLong) {
          await file.truncate(0);
          await file.write(kept);
        }
        return new TextDecoder().decode(kept).split("\n").flatMap(parseEntry);
      }) ?? [];
    } catch {
      return [];
    }
  }

  /** Adds what was typed. What begins with a space is kept out, as in a shell. */
  add(entry: string): void {
    if (entry.trim() === "" || entry.startsWith(" ") || entry.length > MAX_ENTRY) return;
    const line = new TextEncoder().encode(JSON.stringify(entry) + "\n");
    this.#last = this.#last.then(() => this.#locked(async (file) => await file.write(line)))
      .then(() => {}, () => {});
  }

  /** Resolves when all that was added is written. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #locked<T>(use: (file: DiskFile) => Promise<T>): Promise<T | undefined> {
    const { disk, path, pause } = this.options;
    const file = await disk.open(path, "append") ?? await disk.create(path) ??
      await disk.open(path, "append");
    if (file === undefined) return undefined;
    try {
      for (let left = TRIES; !await file.tryLock("exclusive"); left--) {
        if (left === 0) return undefined;
        await pause(PAUSE_MS);
      }
      return await use(file);
    } finally {
      file.close();
    }
  }
}

function parseEntry(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "string" ? [entry] : [];
  } catch {
    return [];
  }
}
