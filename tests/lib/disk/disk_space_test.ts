import { assert, assertEquals } from "@std/assert";
import { diskSpace, fileSystemKind } from "../../../lib/disk/disk_space.ts";

Deno.test("diskSpace() says how much room there is", () => {
  const space = diskSpace(".")!;
  assert(space.free > 0 && space.size >= space.free);
  assert(space.free_inodes === undefined || space.free_inodes <= space.inodes!);
});

Deno.test("fileSystemKind() knows what is no local disk", () => {
  const kinds = [0x6969, -11317950, 0x01021994, 0x794c7630, 0xef53].map(fileSystemKind);
  assertEquals(kinds, [
    { kind: "network", name: "NFS" },
    { kind: "network", name: "CIFS" },
    { kind: "memory", name: "tmpfs" },
    { kind: "container", name: "overlayfs" },
    {},
  ]);
});

Deno.test("diskSpace() is undefined where this process may not ask", {
  permissions: { read: true, sys: false },
}, () => {
  assertEquals(diskSpace("."), undefined);
});
