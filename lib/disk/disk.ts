/**
 * The file system as the file engine uses it: a dozen calls, each atomic, nothing clever.
 *
 * Every call may return its value or a promise of it. The real disk answers small calls
 * synchronously (several times cheaper than Deno's asynchronous forms; see ARCHITECTURE.md) and
 * flushes asynchronously, so that flushes overlap. A simulated disk can make every single call a
 * point where another process runs or the power fails: callers `await` each of them.
 *
 * "Not there" and "already there" are expected answers and come back as values; everything else is
 * an exception with the operating system's words.
 */
export type Awaitable<T> = T | Promise<T>;

/** What `stat` says. Two answers with equal `dev` and `ino` mean the same file. */
export interface FileInfo {
  readonly kind: "file" | "directory" | "other";
  readonly dev: number;
  readonly ino: number;
  /** Bytes. */
  readonly size: number;
  /** Modification time, milliseconds since the epoch; never one in the future. */
  readonly mtime: number;
  /** How many names it has. */
  readonly links: number;
  /** Whose it is and what they may do with it: equal where the same people may read it. */
  readonly access: number;
}

/** What `read` found. */
export interface FileContent {
  readonly bytes: Uint8Array;
  /** As it was just before it was read. */
  readonly info: FileInfo;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** As the directory says it: a symbolic link is "other" and is not followed. */
  readonly kind: "file" | "directory" | "other";
}

/** An open file. A lock belongs to it, follows it through renames, and ends with `close`. */
export interface DiskFile {
  stat(): Awaitable<FileInfo>;
  /** The whole content, or what comes from a byte on; at most `limit` bytes. */
  read(limit: number, from?: number): Awaitable<Uint8Array>;
  /** Writes at the file's end (opened with `append`) or after what was written before. */
  write(bytes: Uint8Array): Awaitable<void>;
  truncate(size: number): Awaitable<void>;
  /** Resolves when the content is on stable storage. */
  flush(): Awaitable<void>;
  /** Takes the lock unless another open file of the same inode holds one in its way. */
  tryLock(kind: "exclusive" | "shared"): Awaitable<boolean>;
  /** Closes the file, which frees its lock. Closing twice is allowed. */
  close(): void;
}

/** What a watch reports: names that may have changed, or that anything may have. */
export interface WatchEvent {
  /** Base names; empty with `rescan`. */
  readonly names: readonly string[];
  /** Events were lost, or the watch had to be set up again: read the directory. */
  readonly rescan: boolean;
}

export interface WatchOptions {
  readonly ours?: boolean;
}

export interface Watch {
  /** Ends the watch; the callback is not called again. */
  close(): void;
}

export interface Disk {
  /** Makes a new file (0600) for reading and writing; `undefined` when the name exists. */
  create(path: string): Awaitable<DiskFile | undefined>;
  /**
   * Opens a regular file; `undefined` when the name is not there. Anything that is no regular
   * file (a link, a FIFO, a directory) is refused with {@linkcode NotARegularFile}, unopened; but
   * with "own" nobody else knows the name, and it is opened for writing without a look.
   */
  open(path: string, mode: "read" | "write" | "append" | "own"): Awaitable<DiskFile | undefined>;
  /**
   * The whole content of a regular file, at most `limit` bytes of it, in half the time that opening
   * takes: for readers of very many files. Refuses what `open` refuses.
   */
  read(path: string, limit: number): Awaitable<FileContent | undefined>;
  /** Whether something is at a path (links not followed). */
  exists(path: string): Awaitable<boolean>;
  /** What is at a path itself (links not followed); `undefined` when nothing is. */
  stat(path: string): Awaitable<FileInfo | undefined>;
  /** Gives a file a second name; false when that name exists already. */
  link(from: string, to: string): Awaitable<boolean>;
  /** Renames, replacing what is there; false when `from` is not there. */
  rename(from: string, to: string): Awaitable<boolean>;
  /** Removes a name; false when it was not there. */
  unlink(path: string): Awaitable<boolean>;
  /** Removes an empty directory; false when it was not there or is not empty. */
  removeDirectory(path: string): Awaitable<boolean>;
  /** The names in a directory, in no order; `undefined` when it is not there. */
  list(path: string): Awaitable<DirectoryEntry[] | undefined>;
  /** The same without the kinds, for directories of very many names: takes half the time. */
  names(path: string): Awaitable<string[] | undefined>;
  /** Makes a directory (0700) with its parents; true when it was not there before. */
  makeDirectory(path: string): Awaitable<boolean>;
  /** Resolves when the names in a directory are on stable storage. */
  flushDirectory(path: string): Awaitable<void>;
  /**
   * Calls back when names in a directory (not below it) may have changed. Events are hints: they
   * can be late, doubled or lost. The watch renews itself when the directory was made again.
   *
   * @param options.ours only this project's programs put files there: no FIFO is looked for, which
   * would mean to read the directory now and then, and at the close
   */
  watch(path: string, onEvent: (event: WatchEvent) => void, options?: WatchOptions): Watch;
}

/** What was to be opened is no regular file. */
export class NotARegularFile extends Error {
  override name = "NotARegularFile";
  constructor(readonly path: string) {
    super(`"${path}" is not a regular file`);
  }
}
