/**
 * The floor under the figures: the bare sequence of system calls that a task needs, with no logic
 * (ARCHITECTURE.md, "The life of a task").
 *
 * Relaxed: Deno's synchronous calls one after another, which no concurrency makes faster. Full: a
 * flush of each written file and of each directory whose names changed, one at a time, and the same
 * with many tasks in flight, whose flushes the disk then takes together.
 */

/** Bytes of the records that the floor writes. */
const REQUEST = new Uint8Array(500).fill(0x20);
const FINAL = new Uint8Array(700).fill(0x20);
const NOTIFICATION = new Uint8Array(400).fill(0x20);

/** How often, and how safely, a floor does its work. */
export interface FloorOptions {
  readonly count: number;
  readonly durability: "relaxed" | "full";
  /** Tasks in flight; more than one only in full durability, where it overlaps the flushes. */
  readonly width: number;
}

/** Hands in tasks in a fresh directory: tasks a second. */
export async function floorEnqueue(root: string, options: FloorOptions): Promise<number> {
  makeFloorTree(root);
  return await rate(options, flusherOf(options), (id, flusher) => enqueueOne(root, id, flusher));
}

/** Hands in tasks in a fresh directory, then does them: tasks done a second. */
export async function floorDrain(root: string, options: FloorOptions): Promise<number> {
  await floorEnqueue(root, { ...options, width: options.durability === "full" ? 32 : 1 });
  return await rate(options, flusherOf(options), (id, flusher) => drainOne(root, id, flusher));
}

/**
 * Does tasks with every call that the protocol asks for, relaxed: the floor's, and each look that
 * keeps two owners or two tasks of one id apart, the reading of what is claimed, and the second name
 * of a replaced file, which is written again later. No logic, nothing formatted or parsed. What this
 * takes longer than the floor is the price of the guarantees; what the engine takes longer than
 * this is its own.
 */
export async function protocolDrain(root: string, count: number): Promise<number> {
  await floorEnqueue(root, { count, durability: "relaxed", width: 1 });
  for (const name of ["failed", "cancel"]) Deno.mkdirSync(`${root}/${name}`);
  let kept = 0;
  return await rate({ count, durability: "relaxed", width: 1 }, undefined, (id) => {
    protocolOne(root, id, kept++);
    return [];
  });
}

/** Makes the directories of the floor. */
export function makeFloorTree(root: string): void {
  for (const name of ["tmp", "pending", "running", "completed", "notifications"]) {
    Deno.mkdirSync(`${root}/${name}`, { recursive: true });
  }
}

/** Hands in one task, relaxed. */
export function floorHandIn(root: string, id: string): void {
  for (const _ of enqueueOne(root, id));
}

/** open, lock, rename: what comes before a task can run. Whoever has it closes it. */
export function floorClaim(root: string, id: string): Deno.FsFile {
  const claimed = Deno.openSync(`${root}/pending/${id}`);
  claimed.tryLockSync(true);
  Deno.renameSync(`${root}/pending/${id}`, `${root}/running/${id}`);
  return claimed;
}

/** A flush is awaited only where it is asynchronous: an `await` is not free. */
type Flush = (file: Deno.FsFile) => void | Promise<void>;

interface Flusher {
  readonly file: Flush;
  readonly directory: (path: string) => void | Promise<void>;
}

function flusherOf({ durability, width }: FloorOptions): Flusher | undefined {
  if (durability === "relaxed") return undefined;
  return width === 1 ? SYNCHRONOUS : OVERLAPPED;
}

const SYNCHRONOUS: Flusher = {
  file: (file) => file.syncDataSync(),
  directory: (path) => {
    const directory = Deno.openSync(path);
    directory.syncSync();
    directory.close();
  },
};

const OVERLAPPED: Flusher = {
  file: (file) => file.syncData(),
  directory: async (path) => {
    const directory = Deno.openSync(path);
    await directory.sync();
    directory.close();
  },
};

type OneTask = (id: string, flusher: Flusher | undefined) => Iterable<void | Promise<void>>;

async function rate(
  { count, width }: FloorOptions,
  flusher: Flusher | undefined,
  one: OneTask,
): Promise<number> {
  let next = 0;
  const chain = async () => {
    while (next < count) {
      for (const flush of one(`01J${String(next++).padStart(23, "0")}`, flusher)) {
        if (flush !== undefined) await flush;
      }
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: width }, chain));
  return count / (performance.now() - began) * 1000;
}

/** write, (flush,) link, unlink(, flush the directory). */
function* enqueueOne(root: string, id: string, flusher?: Flusher) {
  const temporary = `${root}/tmp/${id}`;
  const file = write(temporary, REQUEST);
  if (flusher) yield flusher.file(file);
  file.close();
  Deno.linkSync(temporary, `${root}/pending/${id}`);
  Deno.removeSync(temporary);
  if (flusher) yield flusher.directory(`${root}/pending`);
}

/** Claim; final record, locked, renamed over; notification; rename, close. */
function* drainOne(root: string, id: string, flusher?: Flusher) {
  const claimed = floorClaim(root, id);

  const final = write(`${root}/tmp/${id}`, FINAL);
  if (flusher) yield flusher.file(final);
  final.tryLockSync(true);
  Deno.renameSync(`${root}/tmp/${id}`, `${root}/running/${id}`);
  claimed.close();
  if (flusher) yield flusher.directory(`${root}/running`);

  const notification = write(`${root}/tmp/${id}.n`, NOTIFICATION);
  if (flusher) yield flusher.file(notification);
  notification.close();
  Deno.renameSync(`${root}/tmp/${id}.n`, `${root}/notifications/${id}`);
  if (flusher) yield flusher.directory(`${root}/notifications`);

  Deno.renameSync(`${root}/running/${id}`, `${root}/completed/${id}`);
  if (flusher) {
    yield flusher.directory(`${root}/completed`);
    yield flusher.directory(`${root}/running`);
  }
  final.close();
}

/** So many replaced files are kept before the oldest is written again: a second of a drain. */
const SPARES = 2_500;

function protocolOne(root: string, id: string, index: number): void {
  const pending = `${root}/pending/${id}`;
  const running = `${root}/running/${id}`;
  // How urgent it is, for the index.
  Deno.lstatSync(pending);
  readAndClose(Deno.openSync(pending));

  Deno.lstatSync(pending);
  const claimed = Deno.openSync(pending);
  lockAndLook(claimed, pending);
  claimed.readSync(SCRATCH);
  for (const state of ["running", "completed", "failed"]) lookForNothing(`${root}/${state}/${id}`);
  Deno.lstatSync(pending);
  Deno.renameSync(pending, running);
  Deno.lstatSync(running);
  lookForNothing(`${root}/cancel/${id}`);

  const notification = write(`${root}/tmp/${id}.n`, NOTIFICATION);
  notification.close();
  const final = writeFinal(root, index);
  final.file.tryLockSync(true);
  final.file.statSync();
  Deno.linkSync(running, `${root}/tmp/spare.${index}`);
  Deno.renameSync(final.path, running);
  claimed.close();
  Deno.renameSync(`${root}/tmp/${id}.n`, `${root}/notifications/${id}`);
  lookForNothing(`${root}/cancel/${id}`);
  Deno.renameSync(running, `${root}/completed/${id}`);
  final.file.close();
}

function writeFinal(root: string, index: number): { path: string; file: Deno.FsFile } {
  if (index < SPARES) {
    const path = `${root}/tmp/final.${index}`;
    return { path, file: write(path, FINAL) };
  }
  const path = `${root}/tmp/spare.${index - SPARES}`;
  const file = Deno.openSync(path, { read: true, write: true });
  file.statSync();
  file.tryLockSync(true);
  file.truncateSync(0);
  file.writeSync(FINAL);
  return { path, file };
}

function lockAndLook(file: Deno.FsFile, path: string): void {
  file.tryLockSync(true);
  file.statSync();
  Deno.lstatSync(path);
}

function lookForNothing(path: string): void {
  try {
    Deno.lstatSync(path);
  } catch {
    return;
  }
  throw new Error(`something is there: ${path}`);
}

const SCRATCH = new Uint8Array(16 * 1024);

function readAndClose(file: Deno.FsFile): void {
  file.readSync(SCRATCH);
  file.close();
}

function write(path: string, bytes: Uint8Array): Deno.FsFile {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  file.writeSync(bytes);
  return file;
}
