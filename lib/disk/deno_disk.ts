/**
 * The real disk: a thin layer over Deno, and the only file that calls `Deno.rename`.
 *
 * Small calls use Deno's synchronous forms: a whole enqueue or claim is then 3–7 times cheaper, and
 * a call takes microseconds. Flushes are asynchronous, so that many are under way at once.
 */
import { basename } from "@std/path";
import { sleep } from "../sleep.ts";
import { watchDirectory } from "./deno_watch.ts";
import {
  type DirectoryEntry,
  type Disk,
  type DiskFile,
  type FileContent,
  type FileInfo,
  NotARegularFile,
  type Watch,
  type WatchEvent,
  type WatchOptions,
} from "./disk.ts";

/** Listing takes the event loop for at most so long at a time, in milliseconds. */
const SLICE_MS = 4;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Needs `--allow-read` and `--allow-write` for the paths it is given. */
export class DenoDisk implements Disk {
  create(path: string): DiskFile | undefined {
    return expecting(Deno.errors.AlreadyExists, () =>
      new DenoFile(
        Deno.openSync(path, { createNew: true, read: true, write: true, mode: FILE_MODE }),
      ));
  }

  open(path: string, mode: "read" | "write" | "append" | "own"): DiskFile | undefined {
    if (mode === "own") return this.#opened(path, { read: true, write: true });
    // lstat first: opening a FIFO for reading would freeze the event loop, and a link is refused.
    const info = this.stat(path);
    if (info === undefined) return undefined;
    if (info.kind !== "file") throw new NotARegularFile(path);
    // "read" opens read-only: a close after writing would wake every watcher of the directory.
    return this.#opened(path, { read: true, write: mode === "write", append: mode === "append" });
  }

  #opened(path: string, options: Deno.OpenOptions): DiskFile | undefined {
    return expecting(Deno.errors.NotFound, () => new DenoFile(Deno.openSync(path, options)));
  }

  read(path: string, limit: number): FileContent | undefined {
    const info = this.stat(path);
    if (info === undefined) return undefined;
    if (info.kind !== "file") throw new NotARegularFile(path);
    return expecting(Deno.errors.NotFound, () => {
      if (info.size <= limit) return { info, bytes: Deno.readFileSync(path).subarray(0, limit) };
      const file = new DenoFile(Deno.openSync(path));
      try {
        return { info, bytes: file.read(limit) };
      } finally {
        file.close();
      }
    });
  }

  // Without an exception a look at nothing takes a third of the time, but only node:fs has one. With
  // that and node:http loaded, loading a package in the old module form (xterm) never ends in Deno
  // 2.9.6.
  exists(path: string): boolean {
    return this.stat(path) !== undefined;
  }

  stat(path: string): FileInfo | undefined {
    return expecting(Deno.errors.NotFound, () => infoOf(Deno.lstatSync(path)));
  }

  link(from: string, to: string): boolean {
    return succeeded(Deno.errors.AlreadyExists, () => Deno.linkSync(from, to));
  }

  rename(from: string, to: string): boolean {
    try {
      Deno.renameSync(from, to);
      return true;
    } catch (error) {
      // NotFound also stands for a target directory that is gone: that is a fault, no answer.
      if (error instanceof Deno.errors.NotFound && this.stat(from) === undefined) return false;
      throw error;
    }
  }

  unlink(path: string): boolean {
    return succeeded(Deno.errors.NotFound, () => Deno.removeSync(path));
  }

  removeDirectory(path: string): boolean {
    try {
      Deno.removeSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      if (error instanceof Error && /not empty/i.test(error.message)) return false;
      throw error;
    }
  }

  list(path: string): DirectoryEntry[] | undefined {
    return expecting(Deno.errors.NotFound, () =>
      Array.from(Deno.readDirSync(path), (entry) => ({
        name: entry.name,
        kind: entry.isFile
          ? "file" as const
          : entry.isDirectory
          ? "directory" as const
          : "other" as const,
      })));
  }

  // Deno 2.9 gives names as they come: 100,000 of them take 155 ms, 4 at a time, where
  // readDirSync holds the loop for 100; a million take as long with either and 190 MB, not 650.
  async names(path: string): Promise<string[] | undefined> {
    try {
      const names: string[] = [];
      let sliceEnd = performance.now() + SLICE_MS;
      for await (const { name } of Deno.readDir(path)) {
        names.push(name);
        if (performance.now() < sliceEnd) continue;
        await sleep(0);
        sliceEnd = performance.now() + SLICE_MS;
      }
      return names;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  makeDirectory(path: string): boolean {
    if (this.stat(path)?.kind === "directory") return false;
    Deno.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    return true;
  }

  async flushDirectory(path: string): Promise<void> {
    const directory = Deno.openSync(path);
    try {
      await directory.sync();
    } finally {
      directory.close();
    }
  }

  watch(
    path: string,
    onEvent: (event: WatchEvent) => void,
    options: WatchOptions = {},
  ): Watch {
    return watchDirectory(path, () => directoryIdentity(path), (event) => {
      onEvent({ ...event, names: event.names.map((name) => basename(name)) });
    }, options);
  }
}

/** Most records fit: no size has to be asked for first. */
const SCRATCH = new Uint8Array(16 * 1024);

class DenoFile implements DiskFile {
  #closed = false;
  /** Whether its position is the start: a seek costs as much as the read. */
  #fresh = true;
  constructor(private readonly file: Deno.FsFile) {}

  stat(): FileInfo {
    return infoOf(this.file.statSync());
  }

  read(limit: number, from = 0): Uint8Array {
    if (!this.#fresh || from > 0) this.file.seekSync(from, Deno.SeekMode.Start);
    this.#fresh = false;
    const first = this.file.readSync(SCRATCH.subarray(0, limit)) ?? 0;
    // What fills it may go on.
    if (first < SCRATCH.length) return SCRATCH.slice(0, first);
    return this.#readOn(first, limit, this.stat().size - from);
  }

  #readOn(start: number, limit: number, size: number): Uint8Array {
    const buffer = new Uint8Array(Math.min(limit, Math.max(start, size)));
    buffer.set(SCRATCH.subarray(0, Math.min(start, buffer.length)));
    let length = Math.min(start, buffer.length);
    while (length < buffer.length) {
      const count = this.file.readSync(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
    return buffer.subarray(0, length);
  }

  write(bytes: Uint8Array): void {
    this.#fresh = false;
    for (let done = 0; done < bytes.length;) done += this.file.writeSync(bytes.subarray(done));
  }

  truncate(size: number): void {
    this.file.truncateSync(size);
  }

  flush(): Promise<void> {
    return this.file.syncData();
  }

  tryLock(kind: "exclusive" | "shared"): boolean {
    return this.file.tryLockSync(kind === "exclusive");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.file.close();
  }
}

// Not the inode alone: a directory that is made where one was just removed mostly gets its number.
function directoryIdentity(path: string): string | undefined {
  return expecting(Deno.errors.NotFound, () => {
    const { dev, ino, birthtime } = Deno.lstatSync(path);
    return `${dev}/${ino}/${birthtime?.getTime()}`;
  });
}

function infoOf(info: Deno.FileInfo): FileInfo {
  const mtime = info.mtime?.getTime() ?? 0;
  // Whoever sets a time in the future (`touch`, `cp -p`) cannot set the inode's own, which Deno
  // gives in whole seconds.
  const changed = (info.ctime?.getTime() ?? mtime) + 999;
  return {
    kind: info.isFile ? "file" : info.isDirectory ? "directory" : "other",
    dev: info.dev,
    ino: info.ino ?? 0,
    size: info.size,
    mtime: Math.min(mtime, changed),
    links: info.nlink ?? 1,
    access: (info.uid ?? 0) * 0o1000 + ((info.mode ?? 0) & 0o777),
  };
}

type ErrorClass = abstract new () => Error;

function expecting<T>(expected: ErrorClass, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof expected) return undefined;
    throw error;
  }
}

function succeeded(expected: ErrorClass, call: () => void): boolean {
  return expecting(expected, () => {
    call();
    return true;
  }) ?? false;
}
