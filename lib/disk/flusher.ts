/**
 * Group commit: flushes of the same thing that are asked for while one is under way share the next.
 *
 * A flush that began before the caller's write proves nothing about it, so a caller never joins
 * the one that is running, only the one after it.
 */
import type { Disk, DiskFile } from "./disk.ts";

/** The disk did not take a flush: nothing acknowledged from now on could be relied on. */
export class DurabilityLost extends Error {
  override name = "DurabilityLost";
}

/** Flushes files and directories, or, in relaxed durability, does nothing. */
export class Flusher {
  readonly #groups = new Map<unknown, Group>();
  #failure: DurabilityLost | undefined;

  constructor(private readonly disk: Disk, private readonly durability: "full" | "relaxed") {}

  /**
   * Set once a flush has failed. The kernel may have dropped the unwritten pages, and a second
   * flush would then succeed without them: so no later one is believed.
   */
  get failure(): DurabilityLost | undefined {
    return this.#failure;
  }

  /** Resolves when all that was written to the file before this call is on stable storage. */
  file(file: DiskFile): Promise<void> {
    return this.#flush(file, () => file.flush());
  }

  /** Resolves when all names changed in the directory before this call are on stable storage. */
  directory(path: string): Promise<void> {
    return this.#flush(path, () => this.disk.flushDirectory(path));
  }

  #flush(key: unknown, flush: () => void | Promise<void>): Promise<void> {
    if (this.durability === "relaxed") return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const group = this.#groups.get(key);
    if (group === undefined) return this.#run(key, flush);
    return group.next ??= group.running.then(() => this.#run(key, flush));
  }

  #run(key: unknown, flush: () => void | Promise<void>): Promise<void> {
    const group: Group = { running: Promise.resolve(), next: undefined };
    this.#groups.set(key, group);
    const running = this.#attempt(flush).finally(() => {
      if (group.next === undefined) this.#groups.delete(key);
    });
    // Those who wait for the next flush get their own answer from it.
    group.running = running.catch(() => {});
    return running;
  }

  async #attempt(flush: () => void | Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await flush();
    } catch (cause) {
      this.#failure ??= new DurabilityLost(
        `flushing to the disk failed (${cause instanceof Error ? cause.message : cause}); ` +
          "nothing more is accepted until the program is started again",
        { cause },
      );
      throw this.#failure;
    }
  }
}

interface Group {
  running: Promise<void>;
  next: Promise<void> | undefined;
}
