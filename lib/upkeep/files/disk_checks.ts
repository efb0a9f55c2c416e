/** Whether there is room, and whether the file system does what the engine rests on. */
import type { DiskSpace } from "../../disk/disk_space.ts";
import type { DiskProbe } from "../../disk/disk_probe.ts";
import { byteText } from "../../byte_text.ts";
import { type Finding, findingsOf } from "../finding.ts";

/** Below this there is no room for long: a service ends when a flush fails. */
const FEW_BYTES = 500_000_000;
const NO_BYTES = 20_000_000;
const FEW_INODES = 20_000;
/** A flush that takes longer makes every step of every task wait. */
const SLOW_FLUSH_MS = 100;

/** @param space `undefined` where this process may not ask */
export function checkSpace(space: DiskSpace | undefined): Finding[] {
  const { ok, look, bad } = findingsOf("disk");
  if (space === undefined) {
    return [ok("How much room there is cannot be seen without --allow-sys=statfs")];
  }
  const { free, size, free_inodes } = space;
  const room = `${byteText(free)} of ${byteText(size)}`;
  const findings: Finding[] = [];
  if (free < FEW_BYTES) {
    const level = free < NO_BYTES ? bad : look;
    findings.push(
      level(`The disk is nearly full (${room} free): make room, or see tasks prune --help`),
    );
  }
  if (free_inodes !== undefined && free_inodes < FEW_INODES) {
    findings.push(
      look(
        `The disk can hold only ${free_inodes.toLocaleString("en")} more files: remove some, or ` +
          "see tasks prune --help",
      ),
    );
  }
  const files = free_inodes === undefined ? "" : `, ${free_inodes.toLocaleString("en")} files`;
  return findings.length > 0 ? findings : [ok(`There is room for ${room}${files}`)];
}

/** What is known of the directory's disk. */
export interface FileSystemFacts {
  readonly root: string;
  readonly probe: DiskProbe;
  /** `undefined` where this process may not ask. */
  readonly space: DiskSpace | undefined;
  /** What the operator expects after a power cut. */
  readonly durability: "full" | "relaxed";
}

export function checkFileSystem(facts: FileSystemFacts): Finding[] {
  const { ok, look, bad } = findingsOf("file_system");
  const { root, probe: { failures, flush_ms, watched }, durability } = facts;
  const findings = [
    ...failures.map((failure) =>
      bad(
        `The file system of "${root}" ${failure}: use a local disk with room, named with PERSISTENT_DIR`,
      )
    ),
    ...kindFindings(facts),
    ...(watched ? [] : [
      look(
        "A rename in a watched directory is not noticed, so tasks start seconds late: raise " +
          "fs.inotify.max_user_watches and max_user_instances, or use a local disk",
      ),
    ]),
    ...(durability === "relaxed" || (flush_ms ?? 0) < SLOW_FLUSH_MS ? [] : [
      look(
        `A flush takes ${Math.round(flush_ms!)} ms, and each step of a task waits for one: use a ` +
          "faster disk, or DURABILITY=relaxed if a power cut may cost the last steps",
      ),
    ]),
  ];
  if (findings.some(({ level }) => level !== "ok")) return findings;
  const flush = flush_ms === undefined ? "" : `; a flush takes ${flush_ms.toFixed(1)} ms`;
  return [
    ...findings,
    ok(`The file system locks, links, renames and is watched as it should${flush}`),
  ];
}

function kindFindings({ root, space, durability }: FileSystemFacts): Finding[] {
  const { ok, look, bad } = findingsOf("file_system");
  if (space?.kind === "network") {
    return [
      bad(
        `"${root}" lies on ${space.name}, where locks and watches cannot be relied on: name a ` +
          "directory on a local disk with PERSISTENT_DIR",
      ),
    ];
  }
  if (space?.kind === "memory" && durability === "full") {
    return [
      look(
        `"${root}" lies in memory (${space.name}) and is gone after a restart: name a directory on ` +
          "a disk with PERSISTENT_DIR, or say DURABILITY=relaxed",
      ),
    ];
  }
  if (space?.kind === "container") {
    return [
      ok(
        `"${root}" lies in a container's own layer (${space.name}) and goes with the container ` +
          "where no volume is mounted",
      ),
    ];
  }
  return [];
}
