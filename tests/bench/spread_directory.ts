/**
 * Fresh directories that do not pay for what was done before.
 *
 * ext4 puts the files of one tree into one group of inodes, and directories beside each other into
 * the same group or the next. Without a journal it does not take inodes again that were freed within
 * the last minutes (lib/cli/tasks/prune_slowly.ts has the numbers): whoever makes files in such a
 * group looks past all of them, every time. A file that is renamed over another frees one, a
 * directory that is removed thousands. Measured, processor time of the kernel for one task of the
 * floor: 150 µs in a clean group and 1,100 to 2,000 µs in one that others had just used, on a busy
 * machine mostly the latter.
 *
 * So the root is marked as the top of unrelated trees (`chattr +T`), which has its subdirectories
 * spread over all groups; and of a few such directories the one is taken in which making files is
 * cheapest.
 */
import { percentile } from "./figure.ts";

const CANDIDATES = 4;
const PROBES = 20;

/** Makes the root; where the mark is not known it is an ordinary directory. */
export async function makeSpreadDirectory(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "background-tasks-bench-" });
  try {
    await new Deno.Command("chattr", { args: ["+T", path], stderr: "null" }).output();
  } catch {
    // No such command here, or it may not be run: other file systems need none.
  }
  return path;
}

/** A fresh directory below a root of that kind, with a name that never was there before. */
export function freshPlace(root: string, what: string): string {
  const candidates = Array.from({ length: CANDIDATES }, () => {
    const path = `${root}/${what}-${crypto.randomUUID().slice(0, 8)}`;
    return { path, cost: costOfFiles(`${path}/probe`) };
  });
  const [best] = candidates.toSorted((a, b) => a.cost - b.cost);
  const place = `${best!.path}/place`;
  Deno.mkdirSync(place);
  return place;
}

/** Milliseconds that a file costs in a new directory at a path. What is made is left there. */
function costOfFiles(path: string): number {
  Deno.mkdirSync(path, { recursive: true });
  const costs = Array.from({ length: PROBES }, (_, i) => {
    const began = performance.now();
    Deno.openSync(`${path}/${i}`, { createNew: true, write: true }).close();
    return performance.now() - began;
  });
  return percentile(costs.toSorted((a, b) => a - b), 0.5);
}
