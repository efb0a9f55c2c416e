/**
 * The floor under every figure: the bare sequence of system calls that a task needs, in Deno's
 * synchronous calls and with no logic (ARCHITECTURE.md, "The life of a task").
 */
import { join } from "@std/path";

/** Bytes of the records that the floor writes. */
const REQUEST = new Uint8Array(500).fill(0x20);
const RUNNING = new Uint8Array(700).fill(0x20);
const FINAL = new Uint8Array(700).fill(0x20);
const NOTIFICATION = new Uint8Array(400).fill(0x20);

/** Makes the directories of the floor in a fresh place. */
export function floorTree(root: string): void {
  for (const name of ["tmp", "pending", "running", "completed", "notifications"]) {
    Deno.mkdirSync(join(root, name), { recursive: true });
  }
}

/** write, (flush,) link, unlink(, flush the directory). */
export function floorEnqueue(root: string, id: string, full: boolean): void {
  const temporary = `${root}/tmp/${id}`;
  write(temporary, REQUEST, full).close();
  Deno.linkSync(temporary, `${root}/pending/${id}`);
  Deno.removeSync(temporary);
  if (full) flushDirectory(`${root}/pending`);
}

/** open, flock, rename; running record; final record; notification; rename. */
export function floorDrain(root: string, id: string, full: boolean): void {
  const claimed = Deno.openSync(`${root}/pending/${id}`);
  claimed.tryLockSync(true);
  Deno.renameSync(`${root}/pending/${id}`, `${root}/running/${id}`);
  const running = replace(root, id, RUNNING, full);
  claimed.close();
  const final = replace(root, id, FINAL, full);
  running.close();
  write(`${root}/tmp/${id}.n`, NOTIFICATION, full).close();
  Deno.renameSync(`${root}/tmp/${id}.n`, `${root}/notifications/${id}`);
  if (full) flushDirectory(`${root}/notifications`);
  Deno.renameSync(`${root}/running/${id}`, `${root}/completed/${id}`);
  if (full) {
    flushDirectory(`${root}/completed`);
    flushDirectory(`${root}/running`);
  }
  final.close();
}

function replace(root: string, id: string, bytes: Uint8Array, full: boolean): Deno.FsFile {
  const file = write(`${root}/tmp/${id}`, bytes, full);
  file.tryLockSync(true);
  Deno.renameSync(`${root}/tmp/${id}`, `${root}/running/${id}`);
  if (full) flushDirectory(`${root}/running`);
  return file;
}

function write(path: string, bytes: Uint8Array, full: boolean): Deno.FsFile {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  file.writeSync(bytes);
  if (full) file.syncDataSync();
  return file;
}

function flushDirectory(path: string): void {
  const directory = Deno.openSync(path);
  directory.syncSync();
  directory.close();
}
