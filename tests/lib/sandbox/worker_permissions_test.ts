import { assertEquals, assertThrows } from "@std/assert";
import { grant } from "../../../lib/sandbox/grant.ts";
import { holdable } from "../../../lib/sandbox/open_toolbox.ts";
import { workerPermissions } from "../../../lib/sandbox/worker_permissions.ts";

const NONE = {
  net: false,
  read: false,
  write: false,
  env: false,
  run: false,
  sys: false,
  ffi: false,
  import: false,
};

Deno.test("workerPermissions() names all eight kinds, since a worker inherits what is left out", () => {
  assertEquals(workerPermissions([]), NONE);
  assertEquals(Object.keys(workerPermissions([])).length, 8);
});

Deno.test("workerPermissions() gives what the flags give", () => {
  const flags = ["--allow-net=a.example:80,*.b.example", "--allow-read=/a,/b", "--allow-sys"];
  assertEquals(workerPermissions(flags), {
    ...NONE,
    net: ["a.example:80", "*.b.example"],
    read: ["/a", "/b"],
    sys: true,
  });
});

Deno.test("workerPermissions() takes a path with commas for one", () => {
  const context = {
    name: "reads",
    base: "/base",
    writable: [],
    secret: [],
    roots: [],
    code: [],
  };
  const granted = grant({ read: ["/data/a,b", "/data/c,"] }, undefined, context);
  assertEquals(
    granted.ok && workerPermissions(granted.flags).read,
    ["/data/a,b", "/data/c,"],
  );
});

Deno.test("workerPermissions() refuses a flag that a worker cannot be held to", () => {
  assertThrows(
    () => workerPermissions(["--allow-net", "--deny-net=10.0.0.0/8"]),
    TypeError,
    'A worker cannot be held to "--deny-net=10.0.0.0/8".',
  );
});

Deno.test("holdable() refuses in a binary what a worker cannot be held to, and says the way out", () => {
  const granted = {
    ok: true,
    flags: ["--allow-net", "--deny-net=10.0.0.0/8"],
    directories: [],
    net: true,
    env: [],
    run: false,
  } as const;
  const self = { kind: "self", program: "bts", args: [], env: {} } as const;
  assertEquals(holdable(granted, { kind: "deno" }), granted);
  assertEquals(holdable({ ...granted, flags: ["--allow-net"] }, self).ok, true);
  assertEquals(holdable(granted, self), {
    ok: false,
    reason: "it is to be held to --deny-net, which a binary cannot do: run the service from its " +
      "sources for it",
  });
});
