/** Whether the directory and its file system are in order. */
import { probeDisk } from "../../disk/disk_probe.ts";
import type { Disk } from "../../disk/disk.ts";
import { diskSpace } from "../../disk/disk_space.ts";
import type { Layout } from "../../disk/layout.ts";
import type { Examination, Surroundings } from "../upkeep.ts";
import { checkFileSystem, checkSpace } from "./disk_checks.ts";
import { checkLeftFiles } from "./left_files.ts";
import { checkPermissions } from "./permissions.ts";

/** The directory that is looked at. */
export interface Place {
  readonly disk: Disk;
  readonly layout: Layout;
  /** What the operator expects after a power cut. */
  readonly durability: "full" | "relaxed";
}

export async function examineFiles(
  place: Place,
  { now }: Surroundings,
): Promise<Examination> {
  const { disk, layout, durability } = place;
  const { root } = layout;
  const left = await checkLeftFiles(place, now);
  const probe = await probeDisk(disk, layout);
  const space = diskSpace(root);
  return {
    findings: [
      ...left,
      ...checkPermissions(layout, probe.uid),
      ...checkSpace(space),
      ...checkFileSystem({ root, probe, space, durability }),
    ],
    ...(probe.written === undefined
      ? {}
      : { clock: { whose: "The disk", ahead_ms: probe.written - now } }),
  };
}
