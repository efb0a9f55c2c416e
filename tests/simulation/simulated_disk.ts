/**
 * One process's view of the simulated file system: every call waits for the scheduler, may fail,
 * and never returns to a process that is dead.
 */
import type {
  Disk,
  DiskFile,
  FileContent,
  FileInfo,
  Watch,
  WatchEvent,
} from "../../lib/disk/disk.ts";
import type { Faults } from "./faults.ts";
import type { Owner, Scheduler } from "./scheduler.ts";
import { infoOf, type Inode, type NameChange, type SimulatedFs } from "./simulated_fs.ts";
import type { WatchedNames } from "./watched_names.ts";

/** What all disks of one simulated machine share. */
export interface Machine {
  readonly scheduler: Scheduler;
  readonly fs: SimulatedFs;
  readonly faults: Faults;
  readonly watched: WatchedNames;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of every change of names, after it happened. */
  readonly onChange: (owner: Owner, change: NameChange) => void;
  /** The engine's own class, since it tells refusals apart by it. */
  readonly NotARegularFile: new (path: string) => Error;
}

export class SimulatedDisk implements Disk {
  readonly #open = new Set<SimulatedFile>();
  readonly #watches = new Set<Watch>();

  constructor(private readonly machine: Machine, readonly owner: Owner) {}

  /** What the kernel does when a process dies. */
  release(): void {
    for (const file of [...this.#open]) file.close();
    for (const watch of this.#watches) watch.close();
  }

  create(path: string): Promise<DiskFile | undefined> {
    return this.#call("create", path, () => {
      const inode = this.machine.fs.create(path);
      if (inode === undefined) return undefined;
      this.#changed({ to: path, inode });
      return this.#opened(path, inode, false);
    });
  }

  read(path: string, limit: number): Promise<FileContent | undefined> {
    return this.#call("read", path, () => {
      if (this.machine.fs.directory(path) !== undefined) {
        throw new this.machine.NotARegularFile(path);
      }
      const inode = this.machine.fs.inode(path);
      return inode && { bytes: inode.bytes.slice(0, limit), info: infoOf(inode) };
    });
  }

  open(path: string, mode: "read" | "write" | "append" | "own"): Promise<DiskFile | undefined> {
    return this.#call("open", path, () => {
      if (this.machine.fs.directory(path) !== undefined) {
        throw new this.machine.NotARegularFile(path);
      }
      const inode = this.machine.fs.inode(path);
      return inode === undefined ? undefined : this.#opened(path, inode, mode === "append");
    });
  }

  exists(path: string): Promise<boolean> {
    return this.#call("stat", path, () => this.machine.fs.info(path) !== undefined);
  }

  stat(path: string): Promise<FileInfo | undefined> {
    return this.#call("stat", path, () => this.machine.fs.info(path));
  }

  link(from: string, to: string): Promise<boolean> {
    return this.#call("link", `${from} ${to}`, () => this.#changed(this.machine.fs.link(from, to)));
  }

  rename(from: string, to: string): Promise<boolean> {
    const { fs } = this.machine;
    return this.#call("rename", `${from} ${to}`, () => this.#changed(fs.rename(from, to)));
  }

  unlink(path: string): Promise<boolean> {
    return this.#call("unlink", path, () => this.#changed(this.machine.fs.unlink(path)));
  }

  removeDirectory(path: string): Promise<boolean> {
    return this.#call("rmdir", path, () => this.machine.fs.removeDirectory(path));
  }

  list(path: string) {
    return this.#call("list", path, () => this.machine.fs.list(path));
  }

  names(path: string) {
    return this.#call("list", path, () => this.machine.fs.list(path)?.map(({ name }) => name));
  }

  makeDirectory(path: string): Promise<boolean> {
    return this.#call("mkdir", path, () => this.machine.fs.makeDirectory(path));
  }

  flushDirectory(path: string): Promise<void> {
    const { fs } = this.machine;
    // Only what was done before the call is promised: what comes while it runs may miss it.
    const covered = fs.info(path) === undefined ? 0 : fs.lastChange(path);
    return this.#call("flushdir", path, () => {
      fs.lastChange(path);
      fs.force(covered);
    });
  }

  watch(path: string, onEvent: (event: WatchEvent) => void): Watch {
    const ended = this.machine.watched.add(path, this.owner, onEvent);
    const watch = { close: ended };
    this.#watches.add(watch);
    return watch;
  }

  #opened(path: string, inode: Inode, append: boolean): SimulatedFile {
    inode.opens++;
    const file = new SimulatedFile(this.machine, this.owner, path, inode, append, () => {
      this.#open.delete(file);
    });
    this.#open.add(file);
    return file;
  }

  #changed(change: NameChange | undefined): boolean {
    if (change === undefined) return false;
    this.machine.onChange(this.owner, change);
    this.machine.watched.report(change);
    return true;
  }

  #call<T>(name: string, path: string, run: () => T): Promise<T> {
    return call(this.machine, this.owner, name, path, run);
  }
}

class SimulatedFile implements DiskFile {
  #closed = false;
  #position = 0;

  constructor(
    private readonly machine: Machine,
    readonly owner: Owner,
    private readonly path: string,
    readonly inode: Inode,
    private readonly append: boolean,
    private readonly onClose: () => void,
  ) {}

  stat(): Promise<FileInfo> {
    return this.#call("fstat", () => infoOf(this.inode));
  }

  read(limit: number, from = 0): Promise<Uint8Array> {
    return this.#call("read", () => this.inode.bytes.slice(from, from + limit));
  }

  write(bytes: Uint8Array): Promise<void> {
    return call(this.machine, this.owner, "write", this.path, () => {
      this.#assertOpen("write");
      this.#put(bytes);
    }, (part) => {
      // A full disk takes what fits.
      this.#put(bytes.subarray(0, Math.floor(bytes.length * part)));
    });
  }

  truncate(size: number): Promise<void> {
    return this.#call("truncate", () => {
      this.inode.change(this.inode.bytes.slice(0, size), this.machine.now());
    });
  }

  flush(): Promise<void> {
    const covered = this.inode.version;
    return call(
      this.machine,
      this.owner,
      "flush",
      this.path,
      () => {
        this.#assertOpen("flush");
        this.machine.fs.changes++;
        this.inode.settle(covered);
      },
      () => this.inode.poisoned = true,
    );
  }

  tryLock(kind: "exclusive" | "shared"): Promise<boolean> {
    return this.#call("lock", () => this.machine.fs.tryLock(this.inode, this, kind));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClose();
    this.machine.fs.close(this.inode, this);
  }

  #put(bytes: Uint8Array): void {
    const before = this.inode.bytes;
    const start = this.append ? before.length : this.#position;
    const after = new Uint8Array(Math.max(before.length, start + bytes.length));
    after.set(before);
    after.set(bytes, start);
    this.#position = start + bytes.length;
    this.inode.change(after, this.machine.now());
  }

  #call<T>(name: string, run: () => T): Promise<T> {
    return call(this.machine, this.owner, name, this.path, () => {
      this.#assertOpen(name);
      return run();
    });
  }

  #assertOpen(name: string): void {
    if (this.#closed) throw new Deno.errors.BadResource(`${name} on a closed file`);
  }
}

function call<T>(
  { scheduler, faults }: Machine,
  owner: Owner,
  name: string,
  path: string,
  run: () => T,
  onFault?: (part: number) => void,
): Promise<T> {
  return scheduler.call(owner, () => `${name} ${path}`, () => {
    const fault = faults.next(name, path);
    if (fault === undefined) return run();
    onFault?.(fault.part);
    throw fault.error;
  });
}
