/**
 * Tries in a directory of its own what the engine rests on: whether a file system does what it
 * should is found out by doing it, not by its name.
 */
import type { Disk, DiskFile } from "./disk.ts";
import type { Layout } from "./layout.ts";

/** What was found. */
export interface DiskProbe {
  /** What does not work; each completes "the file system …". Empty where all is well. */
  readonly failures: readonly string[];
  /** How long one flush of a small file took, in milliseconds; absent where it failed. */
  readonly flush_ms?: number;
  /** Whether the rename of a file into a watched directory was noticed. */
  readonly watched: boolean;
  /** When the disk says that the file was made, milliseconds since the epoch. */
  readonly written?: number;
  /** Whose file it became: who this process is. */
  readonly uid?: number;
}

/** An event that takes longer than this does not come, in milliseconds. */
const EVENT_MS = 3_000;

/**
 * Leaves nothing behind.
 *
 * @param patience_ms how long an event may take
 */
export async function probeDisk(
  disk: Disk,
  layout: Layout,
  patience_ms = EVENT_MS,
): Promise<DiskProbe> {
  const directory = layout.temporary("doctor");
  await disk.makeDirectory(directory);
  try {
    return await probeIn(disk, directory, patience_ms);
  } finally {
    for (const { name } of await disk.list(directory) ?? []) {
      await disk.unlink(`${directory}/${name}`);
    }
    await disk.removeDirectory(directory);
  }
}

async function probeIn(
  disk: Disk,
  directory: string,
  patience_ms: number,
): Promise<DiskProbe> {
  const failures: string[] = [];
  const [first, second, third] = ["a", "b", "c"].map((name) => `${directory}/${name}`);
  const file = await disk.create(first!);
  if (file === undefined) throw new Error(`"${first}" is there already`);
  try {
    const flush_ms = await timeOfFlush(file, disk, directory, failures);
    failures.push(...await lockFailures(disk, file, first!));
    failures.push(...await nameFailures(disk, first!, second!));
    const watched = await isNoticed(disk, directory, patience_ms, async () => {
      if (!await disk.rename(second!, third!)) failures.push("does not rename");
    });
    const { mtime } = await file.stat();
    const { uid } = Deno.lstatSync(first!);
    return {
      failures,
      watched,
      written: mtime,
      ...(flush_ms === undefined ? {} : { flush_ms }),
      ...(uid === null ? {} : { uid }),
    };
  } finally {
    file.close();
  }
}

/** Writes and flushes; `undefined` where one of them failed. */
async function timeOfFlush(
  file: DiskFile,
  disk: Disk,
  directory: string,
  failures: string[],
): Promise<number | undefined> {
  // A full disk is told as such; everything else can be tried on an empty file too.
  let doing = "takes no more data";
  try {
    await file.write(new TextEncoder().encode("probe\n"));
    doing = "cannot flush";
    const started = performance.now();
    await file.flush();
    const took = performance.now() - started;
    await disk.flushDirectory(directory);
    return took;
  } catch (error) {
    failures.push(`${doing} (${error instanceof Error ? error.message : error})`);
    return undefined;
  }
}

async function lockFailures(disk: Disk, file: DiskFile, path: string): Promise<string[]> {
  if (!await file.tryLock("exclusive")) return ["gives no locks"];
  const other = await disk.open(path, "read");
  try {
    return await other?.tryLock("shared") ? ["gives one lock to two"] : [];
  } finally {
    other?.close();
  }
}

async function nameFailures(disk: Disk, from: string, to: string): Promise<string[]> {
  if (!await disk.link(from, to)) return ["makes no hard links"];
  return await disk.link(from, to) ? ["links over a name that is there"] : [];
}

async function isNoticed(
  disk: Disk,
  directory: string,
  patience_ms: number,
  change: () => Promise<void>,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const watch = disk.watch(directory, ({ names }) => {
    if (names.includes("c")) resolve(true);
  });
  const timer = setTimeout(() => resolve(false), patience_ms);
  try {
    await change();
    return await promise;
  } finally {
    clearTimeout(timer);
    watch.close();
  }
}
