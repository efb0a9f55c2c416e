import { DenoDisk } from "../../lib/disk/deno_disk.ts";
import type {
  DirectoryEntry,
  Disk,
  DiskFile,
  FileContent,
  FileInfo,
  Watch,
  WatchEvent,
} from "../../lib/disk/disk.ts";

/** One call to the disk, before it is made. */
export interface DiskCall {
  /** The method's name; those of an open file begin with `file.`. */
  readonly name: string;
  /** The first path; an open file's is the one it was opened by. */
  readonly path: string;
}

/** What happens before a call: it may wait, fail the call by throwing, or do something else. */
export type Hook = (call: DiskCall) => void | Promise<void>;

/**
 * The real disk with a hook before every call, and all open files in one hand. A flush is its hook
 * alone: a process that dies takes nothing with it that the kernel has.
 */
export class HookedDisk implements Disk {
  readonly #disk = new DenoDisk();
  readonly #open = new Set<DiskFile>();
  /** May be exchanged at any time. */
  hook: Hook;

  constructor(hook: Hook = () => {}) {
    this.hook = hook;
  }

  /** Closes every open file, which frees its lock: what the kernel does when a process dies. */
  closeAll(): void {
    for (const file of this.#open) file.close();
    this.#open.clear();
  }

  async create(path: string): Promise<DiskFile | undefined> {
    await this.hook({ name: "create", path });
    return this.#hooked(this.#disk.create(path), path);
  }

  async open(
    path: string,
    mode: "read" | "write" | "append" | "own",
  ): Promise<DiskFile | undefined> {
    await this.hook({ name: "open", path });
    return this.#hooked(this.#disk.open(path, mode), path);
  }

  async read(path: string, limit: number): Promise<FileContent | undefined> {
    await this.hook({ name: "open", path });
    return this.#disk.read(path, limit);
  }

  async exists(path: string): Promise<boolean> {
    await this.hook({ name: "stat", path });
    return this.#disk.exists(path);
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    await this.hook({ name: "stat", path });
    return this.#disk.stat(path);
  }

  async link(from: string, to: string): Promise<boolean> {
    await this.hook({ name: "link", path: from });
    return this.#disk.link(from, to);
  }

  async rename(from: string, to: string): Promise<boolean> {
    await this.hook({ name: "rename", path: from });
    return this.#disk.rename(from, to);
  }

  async unlink(path: string): Promise<boolean> {
    await this.hook({ name: "unlink", path });
    return this.#disk.unlink(path);
  }

  async removeDirectory(path: string): Promise<boolean> {
    await this.hook({ name: "removeDirectory", path });
    return this.#disk.removeDirectory(path);
  }

  async list(path: string): Promise<DirectoryEntry[] | undefined> {
    await this.hook({ name: "list", path });
    return this.#disk.list(path);
  }

  async names(path: string): Promise<string[] | undefined> {
    await this.hook({ name: "list", path });
    return this.#disk.names(path);
  }

  async makeDirectory(path: string): Promise<boolean> {
    await this.hook({ name: "makeDirectory", path });
    return this.#disk.makeDirectory(path);
  }

  async flushDirectory(path: string): Promise<void> {
    await this.hook({ name: "flushDirectory", path });
  }

  watch(path: string, onEvent: (event: WatchEvent) => void): Watch {
    return this.#disk.watch(path, onEvent);
  }

  #hooked(file: DiskFile | undefined, path: string): DiskFile | undefined {
    if (file === undefined) return undefined;
    this.#open.add(file);
    const before = (name: string) => this.hook({ name: `file.${name}`, path });
    return {
      stat: async () => (await before("stat"), await file.stat()),
      read: async (...args) => (await before("read"), await file.read(...args)),
      write: async (bytes) => (await before("write"), await file.write(bytes)),
      truncate: async (size) => (await before("truncate"), await file.truncate(size)),
      flush: async () => void await before("flush"),
      tryLock: async (kind) => (await before("tryLock"), await file.tryLock(kind)),
      close: () => {
        this.#open.delete(file);
        file.close();
      },
    };
  }
}
