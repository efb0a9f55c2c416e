/**
 * One file system as ext4 promises it, and no more: names change atomically and reach the disk in
 * order, contents reach it when they are flushed, or not, or in part.
 */
import type { DirectoryEntry, FileInfo } from "../../lib/disk/disk.ts";
import type { Owner } from "./scheduler.ts";
import { osError } from "./os_error.ts";
import type { Random } from "./random.ts";

/** A lock on an inode; it belongs to one open file. */
interface Lock {
  readonly holder: OpenFile;
  kind: "exclusive" | "shared";
}

/** What a file held, from some change on. */
interface Version {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A file. Its bytes are never changed in place, so versions are cheap to keep. */
export class Inode {
  bytes: Uint8Array = new Uint8Array(0);
  version = 0;
  names = 0;
  opens = 0;
  mtime = 0;
  readonly locks: Lock[] = [];
  /** Certain to survive. */
  durable: Uint8Array = this.bytes;
  durableVersion = 0;
  /** Written since; a power cut leaves any of them, or a part. */
  unflushed: Version[] = [];
  /** A flush failed: later ones say yes, and the pages it dropped are not written (Linux does so). */
  poisoned = false;

  constructor(readonly ino: number) {}

  change(bytes: Uint8Array, now: number): void {
    this.bytes = bytes;
    this.mtime = now;
    this.version++;
    this.unflushed.push({ number: this.version, bytes });
  }

  /** All changes up to a version are on the disk now. */
  settle(version: number): void {
    if (this.poisoned) return;
    for (const change of this.unflushed) {
      if (change.number <= version) this.durable = change.bytes;
    }
    this.unflushed = this.unflushed.filter(({ number }) => number > version);
    this.durableVersion = Math.max(this.durableVersion, version);
  }

  /** What is found after a power cut. */
  survive(random: Random): void {
    const chosen = random.int(this.unflushed.length + 1);
    const before = chosen === 0 ? this.durable : this.unflushed[chosen - 1]?.bytes ?? this.durable;
    const next = this.unflushed[chosen]?.bytes;
    this.bytes = before;
    // Torn: a part of the next write got there.
    if (next !== undefined && random.chance(0.5)) this.bytes = torn(before, next, random);
    this.durable = this.bytes;
    this.unflushed = [];
    this.poisoned = false;
    this.locks.length = 0;
    this.opens = 0;
  }
}

// What was written anew may be there up to any byte, with the old bytes behind it.
function torn(before: Uint8Array, next: Uint8Array, random: Random): Uint8Array {
  if (next.length > before.length && isPrefix(before, next)) {
    return next.slice(0, before.length + random.int(next.length - before.length));
  }
  const written = random.int(next.length + 1);
  const bytes = new Uint8Array(Math.max(written, before.length));
  bytes.set(before);
  bytes.set(next.subarray(0, written));
  return bytes;
}

function isPrefix(before: Uint8Array, next: Uint8Array): boolean {
  return before.every((byte, index) => next[index] === byte);
}

/** An open file of a process. */
export interface OpenFile {
  readonly owner: Owner;
}

type Directory = Map<string, Inode>;
type Tree = Map<string, Directory>;

/** One change of names. `from` is absent for a new name, `to` for a removed one. */
export interface NameChange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly inode: Inode;
  /** What had the name before. */
  readonly replaced?: Inode | undefined;
}

type LogEntry = NameChange | { readonly made: string } | { readonly removed: string };

export class SimulatedFs {
  #tree: Tree = new Map();
  #disk: Tree = new Map();
  /** Name changes since the last power cut, in order; the first `#forced` are on the disk. */
  #log: LogEntry[] = [];
  #forced = 0;
  /** Where in the log each directory changed last. */
  readonly #changed = new Map<string, number>();
  readonly #freed: number[] = [];
  /** How many changes of names and flushes there were. */
  changes = 0;
  #nextIno = 100;

  constructor(private readonly random: Random, private readonly now: () => number) {}

  directory(path: string): Directory | undefined {
    return this.#tree.get(path);
  }

  inode(path: string): Inode | undefined {
    const slash = path.lastIndexOf("/");
    return this.#tree.get(path.slice(0, slash))?.get(path.slice(slash + 1));
  }

  info(path: string): FileInfo | undefined {
    if (path === "/" || this.#tree.has(path)) {
      return { kind: "directory", dev: 1, ino: 0, size: 0, mtime: 0, links: 1, access: 0 };
    }
    const inode = this.inode(path);
    return inode === undefined ? undefined : infoOf(inode);
  }

  create(path: string): Inode | undefined {
    const [, entries, name] = this.#parent(path);
    if (entries.has(name) || this.#tree.has(path)) return undefined;
    const inode = new Inode(this.#newIno());
    inode.mtime = this.now();
    this.#apply({ to: path, inode });
    return inode;
  }

  /** @returns the change, or undefined where the new name exists */
  link(from: string, to: string): NameChange | undefined {
    const inode = this.inode(from);
    if (inode === undefined) throw osError("ENOENT", "link", from);
    const [, entries, name] = this.#parent(to);
    return entries.has(name) ? undefined : this.#apply({ to, inode });
  }

  /** @returns the change, or undefined where the old name does not exist */
  rename(from: string, to: string): NameChange | undefined {
    const inode = this.inode(from);
    if (inode === undefined) return undefined;
    const [, entries, name] = this.#parent(to);
    const replaced = entries.get(name);
    // Two names of one file: rename(2) does nothing and says that it did.
    if (replaced === inode) return { from: undefined, to: undefined, inode };
    return this.#apply({ from, to, inode, replaced });
  }

  unlink(path: string): NameChange | undefined {
    const inode = this.inode(path);
    return inode === undefined ? undefined : this.#apply({ from: path, inode });
  }

  makeDirectory(path: string): boolean {
    if (this.#tree.has(path)) return false;
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== "") this.makeDirectory(parent);
    this.#tree.set(path, new Map());
    this.#record({ made: path }, parent);
    return true;
  }

  removeDirectory(path: string): boolean {
    const entries = this.#tree.get(path);
    if (entries === undefined || entries.size > 0) return false;
    for (const other of this.#tree.keys()) if (other.startsWith(`${path}/`)) return false;
    this.#tree.delete(path);
    this.#record({ removed: path }, path.slice(0, path.lastIndexOf("/")));
    return true;
  }

  list(path: string): DirectoryEntry[] | undefined {
    const entries = this.#tree.get(path);
    if (entries === undefined) return undefined;
    const found: DirectoryEntry[] = Array.from(entries.keys(), (name) => ({ name, kind: "file" }));
    for (const other of this.#tree.keys()) {
      if (other.lastIndexOf("/") === path.length && other.startsWith(path)) {
        found.push({ name: other.slice(path.length + 1), kind: "directory" });
      }
    }
    return found;
  }

  /** How much of the log a flush of this directory, begun now, makes certain. */
  lastChange(path: string): number {
    if (path !== "/" && !this.#tree.has(path)) throw osError("ENOENT", "open", path);
    return this.#changed.get(path === "/" ? "" : path) ?? 0;
  }

  /** The log is one sequence: what came before a change is on the disk with it. */
  force(upTo: number): void {
    this.changes++;
    this.#forced = Math.max(this.#forced, Math.min(upTo, this.#log.length));
  }

  tryLock(inode: Inode, holder: OpenFile, kind: "exclusive" | "shared"): boolean {
    const inTheWay = inode.locks.some((lock) =>
      lock.holder !== holder && (kind === "exclusive" || lock.kind === "exclusive")
    );
    if (inTheWay) return false;
    const own = inode.locks.find((lock) => lock.holder === holder);
    if (own === undefined) inode.locks.push({ holder, kind });
    else own.kind = kind;
    return true;
  }

  close(inode: Inode, holder: OpenFile): void {
    const index = inode.locks.findIndex((lock) => lock.holder === holder);
    if (index >= 0) inode.locks.splice(index, 1);
    inode.opens--;
    this.#free(inode);
  }

  /** The power fails: some prefix of the name changes survives, and of each content what it may. */
  powerCut(): void {
    const open = this.#log.length - this.#forced;
    const kept = this.#forced + (this.random.chance(0.4) ? 0 : this.random.int(open + 1));
    for (const entry of this.#log.slice(0, kept)) applyTo(this.#disk, entry);
    this.#log = [];
    this.#forced = 0;
    this.#changed.clear();
    this.#freed.length = 0;
    this.#tree = new Map(Array.from(this.#disk, ([path, entries]) => [path, new Map(entries)]));
    const survivors = new Set(Array.from(this.#tree.values(), (e) => [...e.values()]).flat());
    for (const inode of survivors) {
      inode.survive(this.random);
      inode.names = 0;
    }
    for (const entries of this.#tree.values()) {
      for (const inode of entries.values()) inode.names++;
    }
  }

  #apply(change: NameChange): NameChange {
    applyTo(this.#tree, change);
    this.changes++;
    this.#log.push(change);
    const { from, to, inode, replaced } = change;
    for (const path of [from, to]) {
      if (path !== undefined) {
        this.#changed.set(path.slice(0, path.lastIndexOf("/")), this.#log.length);
      }
    }
    inode.names += (to === undefined ? 0 : 1) - (from === undefined ? 0 : 1);
    if (replaced !== undefined) {
      replaced.names--;
      this.#free(replaced);
    }
    this.#free(inode);
    return change;
  }

  #record(entry: LogEntry, parent: string): void {
    this.#log.push(entry);
    this.#changed.set(parent, this.#log.length);
  }

  #parent(path: string): [string, Directory, string] {
    const slash = path.lastIndexOf("/");
    const parent = path.slice(0, slash);
    const entries = this.#tree.get(parent);
    if (entries === undefined) throw osError("ENOENT", "open", path);
    return [parent, entries, path.slice(slash + 1)];
  }

  // Numbers are used again as soon as they may be: "the same number" must not mean "the same file".
  #newIno(): number {
    if (this.#freed.length > 0 && this.random.chance(0.7)) {
      return this.#freed.pop() as number;
    }
    return this.#nextIno++;
  }

  #free(inode: Inode): void {
    if (inode.names === 0 && inode.opens === 0) this.#freed.push(inode.ino);
  }
}

export function infoOf(inode: Inode): FileInfo {
  const { ino, bytes, mtime, names } = inode;
  return { kind: "file", dev: 1, ino, size: bytes.length, mtime, links: names, access: 0 };
}

function applyTo(tree: Tree, entry: LogEntry): void {
  if ("made" in entry) tree.set(entry.made, new Map());
  else if ("removed" in entry) tree.delete(entry.removed);
  else {
    if (entry.from !== undefined) place(tree, entry.from, undefined);
    if (entry.to !== undefined) place(tree, entry.to, entry.inode);
  }
}

function place(tree: Tree, path: string, inode: Inode | undefined): void {
  const slash = path.lastIndexOf("/");
  const entries = tree.get(path.slice(0, slash));
  if (inode === undefined) entries?.delete(path.slice(slash + 1));
  else entries?.set(path.slice(slash + 1), inode);
}

/** Whether a process holds the file. */
export function isLockedBy(inode: Inode, owner: Owner): boolean {
  return inode.locks.some(({ kind, holder }) => kind === "exclusive" && holder.owner === owner);
}
