import { statfsSync } from "node:fs";

/** How much room there is, and on what. */
export interface DiskSpace {
  /** Bytes that this process may still write. */
  readonly free: number;
  /** Bytes in all. */
  readonly size: number;
  /** Files that can still be made; absent where the file system does not count them. */
  readonly free_inodes?: number;
  readonly inodes?: number;
  /** What kind it is, where that matters to the engine. */
  readonly kind?: "network" | "memory" | "container";
  /** The name of that kind. */
  readonly name?: string;
}

// From the kernel's linux/magic.h.
const KINDS: ReadonlyMap<number, readonly [kind: NonNullable<DiskSpace["kind"]>, name: string]> =
  new Map([
    [0x6969, ["network", "NFS"]],
    [0x517b, ["network", "SMB"]],
    [0xff534d42, ["network", "CIFS"]],
    [0xfe534d42, ["network", "SMB"]],
    [0x01021997, ["network", "9p"]],
    [0x00c36400, ["network", "Ceph"]],
    [0x5346414f, ["network", "AFS"]],
    [0x65735546, ["network", "FUSE"]],
    [0x01021994, ["memory", "tmpfs"]],
    [0x858458f6, ["memory", "ramfs"]],
    [0x794c7630, ["container", "overlayfs"]],
  ]);

/**
 * Needs `--allow-sys=statfs`.
 *
 * @returns `undefined` where this process may not ask
 */
export function diskSpace(path: string): DiskSpace | undefined {
  try {
    const { type, bsize, blocks, bavail, files, ffree } = statfsSync(path);
    return {
      free: bavail * bsize,
      size: blocks * bsize,
      ...(files > 0 ? { free_inodes: ffree, inodes: files } : {}),
      // Other systems number their kinds in another way.
      ...(Deno.build.os === "linux" ? fileSystemKind(type) : {}),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** What a number of Linux's `statfs` stands for; nothing where that does not matter to the engine. */
export function fileSystemKind(type: number): Pick<DiskSpace, "kind" | "name"> {
  // Some of them look negative in 32 bits.
  const [kind, name] = KINDS.get(type >>> 0) ?? [];
  return kind === undefined || name === undefined ? {} : { kind, name };
}
