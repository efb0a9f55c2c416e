/** What lies in the directory and is nobody's. */
import { join } from "@std/path";
import type { Disk } from "../../disk/disk.ts";
import type { Layout } from "../../disk/layout.ts";
import { findMoveMark } from "../../presence/file_move_mark.ts";
import { type Finding, findingsOf } from "../finding.ts";
import { moveFinding } from "../move_finding.ts";

/** Younger ones may still be being written, in milliseconds. */
const OLD_MS = 24 * 3_600_000;

const { ok, look } = findingsOf("files");

export async function checkLeftFiles(
  { disk, layout }: { readonly disk: Disk; readonly layout: Layout },
  now: number,
): Promise<Finding[]> {
  const pending = layout.state("pending");
  const strange = (await disk.list(pending) ?? []).filter(({ name, kind }) =>
    kind !== "file" && name.endsWith(".json") && !name.startsWith(".")
  );
  const rejected = await disk.list(layout.rejected) ?? [];
  const old = await oldIn(layout.tmp, disk, now);
  const findings = [
    ...moveFinding("files", `"${layout.root}"`, await findMoveMark(disk, layout)),
    ...strange.map(({ name }) =>
      look(`"${join(pending, name)}" is left where it is: it is no regular file; move it away`)
    ),
    ...(rejected.length === 0 ? [] : [
      look(
        `Duplicates of ids that existed lie in ${layout.rejected} (${rejected.length}); ` +
          "look at them and remove them",
      ),
    ]),
    ...(old === 0 ? [] : [
      look(`Things older than a day lie in ${layout.tmp} (${old}); nobody needs them: remove them`),
    ]),
  ];
  return findings.length > 0 ? findings : [ok("Nothing lies about in pending/, rejected/ or tmp/")];
}

async function oldIn(directory: string, disk: Disk, now: number): Promise<number> {
  let old = 0;
  for (const { name } of await disk.list(directory) ?? []) {
    const info = await disk.stat(join(directory, name));
    if (info !== undefined && info.mtime < now - OLD_MS) old++;
  }
  return old;
}
