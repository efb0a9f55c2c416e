/**
 * The real disk, with a name for every call that changes or takes something, so that a process can
 * be stopped before it, after it, and in the middle of a write.
 *
 * Calls that only look (`stat`, `list`, opening, reading) leave the disk as it is: killed there, a
 * process leaves what the call before left. They are no points of their own.
 */
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

export type Moment = "before" | "torn" | "after";

/** A call, the n-th of its name in its scope. */
export interface NamedCall {
  /** The task that it belongs to. */
  readonly scope: string;
  readonly name: string;
  /** From 1. */
  readonly nth: number;
}

/** Told of every moment; a promise that never resolves stops the caller there. */
export interface Observer {
  begin(scope: string, name: string): NamedCall;
  at(call: NamedCall, moment: Moment): void | Promise<void>;
  /** Whether a write is to break off in the middle. */
  isTorn(call: NamedCall): boolean;
}

export interface CrashDiskOptions {
  /** What paths are named from. */
  readonly root: string;
  readonly observer: Observer;
  /** The task whose calls these are; files of other tasks are not seen. */
  readonly scope: string;
}

type Listener = (event: WatchEvent) => void;

/** One watch of each directory for all: the kernel gives a user only so many. */
const watches = new Map<string, Set<Listener>>();

function shareWatch(path: string, listener: Listener): Watch {
  let listeners = watches.get(path);
  if (listeners === undefined) {
    const all = listeners = new Set<Listener>();
    watches.set(path, all);
    new DenoDisk().watch(path, (event) => all.forEach((each) => each(event)));
  }
  listeners.add(listener);
  return { close: () => void listeners.delete(listener) };
}

const TASK = /p\d{4}(?!\d)/;
const decoder = new TextDecoder();

/** The task that a path belongs to. */
export function taskIn(path: string): string | undefined {
  return TASK.exec(path)?.[0];
}

export class CrashDisk implements Disk {
  readonly #disk = new DenoDisk();
  /** Where open files are by now: they follow a rename. */
  readonly #open = new Set<{ path: string }>();
  constructor(private readonly options: CrashDiskOptions) {}

  async create(path: string): Promise<DiskFile | undefined> {
    const file = await this.#around(`create ${this.#name(path)}`, () => this.#disk.create(path));
    return this.#watched(file, path);
  }

  open(path: string, mode: "read" | "write" | "append" | "own"): DiskFile | undefined {
    return this.#watched(this.#disk.open(path, mode), path);
  }

  read(path: string, limit: number): FileContent | undefined {
    return this.#disk.read(path, limit);
  }

  exists(path: string): boolean {
    return this.#disk.exists(path);
  }

  stat(path: string): FileInfo | undefined {
    return this.#disk.stat(path);
  }

  link(from: string, to: string): Promise<boolean> {
    const name = `link ${this.#name(from)} → ${this.#name(to)}`;
    return this.#around(name, () => this.#disk.link(from, to));
  }

  rename(from: string, to: string): Promise<boolean> {
    const name = `rename ${this.#name(from)} → ${this.#name(to)}`;
    return this.#around(name, () => {
      for (const file of this.#open) if (file.path === from) file.path = to;
      return this.#disk.rename(from, to);
    });
  }

  unlink(path: string): Promise<boolean> {
    return this.#around(`unlink ${this.#name(path)}`, () => this.#disk.unlink(path));
  }

  removeDirectory(path: string): Promise<boolean> {
    const name = `remove ${this.#name(path)}/`;
    return this.#around(name, () => this.#disk.removeDirectory(path));
  }

  list(path: string): DirectoryEntry[] | undefined {
    return this.#disk.list(path)?.filter(({ name }) => this.#isSeen(name));
  }

  async names(path: string): Promise<string[] | undefined> {
    return (await this.#disk.names(path))?.filter((name) => this.#isSeen(name));
  }

  makeDirectory(path: string): Promise<boolean> {
    const name = `make ${this.#name(path)}/`;
    return this.#around(name, () => this.#disk.makeDirectory(path));
  }

  flushDirectory(path: string): Promise<void> {
    const name = `flush ${this.#name(path)}/`;
    return this.#around(name, () => this.#disk.flushDirectory(path));
  }

  watch(path: string, onEvent: (event: WatchEvent) => void): Watch {
    return shareWatch(path, (event) => {
      onEvent({ ...event, names: event.names.filter((name) => this.#isSeen(name)) });
    });
  }

  #isSeen(name: string): boolean {
    return (taskIn(name) ?? this.options.scope) === this.options.scope;
  }

  async #around<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    const { observer, scope } = this.options;
    const call = observer.begin(scope, name);
    await observer.at(call, "before");
    const result = await act();
    await observer.at(call, "after");
    return result;
  }

  #watched(file: DiskFile | undefined, path: string): DiskFile | undefined {
    if (file === undefined) return undefined;
    const named = { path };
    this.#open.add(named);
    const around = <T>(name: string, act: () => T | Promise<T>) =>
      this.#around(`${name} ${this.#name(named.path)}`, act);
    return {
      stat: () => file.stat(),
      read: (...args) => file.read(...args),
      write: (bytes) => this.#write(file, named.path, bytes),
      truncate: (size) => around("truncate", () => file.truncate(size)),
      flush: () => around("flush", () => file.flush()),
      tryLock: async (kind) => {
        const isLocked = await file.tryLock(kind);
        if (isLocked && kind === "exclusive") await this.#locked(named.path);
        return isLocked;
      },
      close: () => {
        this.#open.delete(named);
        file.close();
      },
    };
  }

  // Who tries in vain changes nothing, and how often that happens is a matter of chance.
  async #locked(path: string): Promise<void> {
    const { observer, scope } = this.options;
    await observer.at(observer.begin(scope, `lock ${this.#name(path)}`), "after");
  }

  async #write(file: DiskFile, path: string, bytes: Uint8Array): Promise<void> {
    const { observer, scope } = this.options;
    const name = `write ${this.#name(path)}${contentOf(bytes)}`;
    const call = observer.begin(scope, name);
    await observer.at(call, "before");
    if (observer.isTorn(call)) {
      await file.write(bytes.subarray(0, bytes.length >> 1));
      await observer.at(call, "torn");
    }
    await file.write(bytes);
    await observer.at(call, "after");
  }

  // Names are the same in every run: no ids, no random parts.
  #name(path: string): string {
    if (!path.startsWith(this.options.root)) return "..";
    const relative = path.slice(this.options.root.length + 1) || ".";
    const named = relative.replace(new RegExp(TASK, "g"), "{id}");
    if (named.startsWith("tmp/")) return named.replace(/\.[^./]+$/, ".*").replace(ULID, "*");
    return named.replace(ULID, "*").replace(/^(rejected\/\{id\})\.[^.]+\.json$/, "$1.*.json");
  }
}

const ULID = /[0-9A-HJKMNP-TV-Z]{26}/;

/** What a file's text is about: the type of a journal line, the staged end of a record. */
function contentOf(bytes: Uint8Array): string {
  let value;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    return "";
  }
  const { type, name, call_id, outcome, staged, event, service_id, step } = value;
  if (type !== undefined) {
    const what = name ?? outcome ?? (call_id === undefined ? step : `of step ${step}`);
    return `: ${[type, what].filter((word) => word !== undefined).join(" ")}`;
  }
  if (event !== undefined) return ": notification";
  if (staged !== undefined) return `: staged ${staged.to}`;
  return service_id === undefined ? "" : ": claimed";
}
