/** How long the thread of a closed watcher is given to end, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * Keeps a watcher from hanging on a FIFO: `Deno.watchFs` (2.9) opens each new name for reading, and
 * on a FIFO that nobody writes to this waits for ever. The watch is silent then, and the program
 * hangs when it closes it. Opened for reading and writing a FIFO never waits, and as long as it is
 * open so nobody else waits for a writer either.
 */
export class WatcherFreer {
  readonly #open = new Map<string, Deno.FsFile>();

  /** @param directory the watched directory; one that cannot be read is passed over */
  constructor(private readonly directory: string) {}

  /** Opens the FIFOs that are there and not open yet. Reads the whole directory. */
  free(): void {
    try {
      for (const { name, isFile, isDirectory } of Deno.readDirSync(this.directory)) {
        if (!isFile && !isDirectory && !this.#open.has(name)) this.#hold(name);
      }
    } catch {
      // The directory is gone: the watcher waits for nothing in it.
    }
  }

  /**
   * Closes them again, a while after the watcher was closed: its thread still looks at what
   * happened last, and that a FIFO was closed is such a thing.
   */
  close(): void {
    if (this.#open.size === 0) return;
    const files = [...this.#open.values()];
    Deno.unrefTimer(setTimeout(() => files.forEach((file) => file.close()), LINGER_MS));
    this.#open.clear();
  }

  #hold(name: string): void {
    const path = `${this.directory}/${name}`;
    try {
      // Links are followed, as the watcher follows them.
      if (!Deno.statSync(path).isFifo) return;
      this.#open.set(name, Deno.openSync(path, { read: true, write: true }));
    } catch {
      // Gone meanwhile, or not ours to open: then the watcher could not open it either.
    }
  }
}
