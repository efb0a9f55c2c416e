/**
 * A directory whose subdirectories do not disturb each other's figures.
 *
 * ext4 puts the files of one tree into one group of inodes, and subdirectories of a directory beside
 * each other into the same group. A file that is renamed over another frees an inode, and whoever
 * makes files in that group looks past it for a minute or longer: what is measured second would pay
 * for what was measured first. A directory marked as the top of unrelated trees (`chattr +T`) has its
 * subdirectories spread over the disk's groups.
 */

/** Makes it; where the mark is not known the directory is an ordinary one. */
export async function makeSpreadDirectory(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "background-tasks-bench-" });
  try {
    await new Deno.Command("chattr", { args: ["+T", path], stderr: "null" }).output();
  } catch {
    // No such command here, or it may not be run: other file systems need none.
  }
  return path;
}

/** A fresh directory right below a root of that kind, with a name that never was there before. */
export function freshPlace(root: string, what: string): string {
  const path = `${root}/${what}-${crypto.randomUUID().slice(0, 8)}`;
  Deno.mkdirSync(path);
  return path;
}
