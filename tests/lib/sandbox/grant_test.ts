import { assert, assertEquals } from "@std/assert";
import type { Permissions } from "../../../lib/sandbox/define_tool.ts";
import { grant, type GrantContext } from "../../../lib/sandbox/grant.ts";

// Paths that are not there, so that nothing is a link.
const CONTEXT: GrantContext = {
  name: "tool",
  base: "/no-such-project",
  writable: ["/no-such-project/workspace", "/no-such-project/notes"],
  secret: ["/no-such-project/.env", "/no-such-data/persistent"],
  roots: ["/no-such-project"],
  code: ["/no-such-project/lib", "/no-such-project/tools"],
};

function flags(declared: Permissions, allow?: Permissions): readonly string[] {
  const granted = grant(declared, allow, CONTEXT);
  assert(granted.ok, granted.ok ? "" : granted.reason);
  return granted.flags;
}

function isRefused(declared: Permissions, allow?: Permissions): boolean {
  return !grant(declared, allow, CONTEXT).ok;
}

Deno.test("grant() gives no flags for nothing declared", () => {
  assertEquals(flags({}), []);
  assertEquals(flags({ net: false, read: [], run: false }, { net: true, run: true }), []);
});

Deno.test("grant() gives exactly what is declared", () => {
  assertEquals(flags({ net: ["a.example:80", "b.example"] }), [
    "--allow-net=a.example:80,b.example",
  ]);
  assertEquals(flags({ net: true }), ["--allow-net"]);
  assertEquals(flags({ read: ["docs", "/srv/x,y"] }), [
    "--allow-read=/no-such-project/docs,/srv/x,,y",
  ]);
  assertEquals(flags({ sys: ["hostname"] }), ["--allow-sys=hostname"]);
});

Deno.test("grant() denies addresses whatever else is given", () => {
  const granted = grant({ net: true }, { net: true }, CONTEXT, ["10.0.0.0/8", "[::1]"]);
  assert(granted.ok);
  assertEquals(granted.flags, ["--allow-net", "--deny-net=10.0.0.0/8,[::1]"]);
});

Deno.test("grant() takes no item that Deno would read as two", () => {
  const within: [Permissions, Permissions][] = [
    [{ net: ["evil.example,x.good.example"] }, { net: ["*.good.example"] }],
    [{ env: ["MY_A,SECRET"] }, { env: ["MY_*"] }],
    [{ ffi: ["/opt/lib/a,/etc/b"] }, { ffi: ["/opt/lib"] }],
    [{ sys: ["hostname,uid"] }, {}],
  ];
  for (const [declared, allow] of within) {
    const granted = grant(declared, allow, CONTEXT);
    const [kind, [item]] = Object.entries(declared)[0] as [string, string[]];
    assertEquals(granted, {
      ok: false,
      reason: `it needs ${kind} access to "${item}", expected a list of items without commas`,
    });
  }
});

Deno.test("grant() narrows what is declared without a list to the operator's list", () => {
  assertEquals(flags({ net: true }, { net: ["a.example"] }), ["--allow-net=a.example"]);
  assertEquals(flags({ run: true }, { run: ["git"] }), ["--allow-run=git"]);
  assertEquals(flags({ write: true }), [
    "--allow-write=/no-such-project/workspace,/no-such-project/notes",
  ]);
  assertEquals(flags({ write: true }, { write: ["out"] }), ["--allow-write=/no-such-project/out"]);
});

Deno.test("grant() takes a host for its ports, a pattern for its hosts and a directory for its paths", () => {
  assertEquals(isRefused({ net: ["a.example:8080"] }, { net: ["a.example"] }), false);
  assertEquals(isRefused({ net: ["a.example"] }, { net: ["a.example:8080"] }), true);
  assertEquals(isRefused({ net: ["x.a.example:1"] }, { net: ["*.a.example"] }), false);
  assertEquals(isRefused({ net: ["xa.example"] }, { net: ["*.a.example"] }), true);
  assertEquals(isRefused({ read: ["docs/a"] }, { read: ["docs"] }), false);
  assertEquals(isRefused({ read: ["docs-b"] }, { read: ["docs"] }), true);
  assertEquals(isRefused({ read: ["docs/../secret"] }, { read: ["docs"] }), true);
  assertEquals(isRefused({ env: ["AWS_KEY"] }, { env: ["AWS_*"] }), false);
  assertEquals(isRefused({ env: ["AWSKEY"] }, { env: ["AWS_*"] }), true);
});

Deno.test("grant() refuses what is off by default until it is allowed", () => {
  for (const kind of ["run", "ffi", "env"] as const) {
    assertEquals(isRefused({ [kind]: ["x"] }), true, kind);
    assertEquals(isRefused({ [kind]: true }), true, kind);
    assertEquals(isRefused({ [kind]: ["x"] }, { [kind]: ["x"] }), false, kind);
    assertEquals(isRefused({ [kind]: ["x"] }, { [kind]: false }), true, kind);
  }
  assertEquals(isRefused({ write: ["workspace/a"] }), false);
  assertEquals(isRefused({ write: ["notes"] }), false);
  assertEquals(isRefused({ write: ["notes-b"] }), true);
  assertEquals(isRefused({ write: ["docs"] }), true);
  assertEquals(isRefused({ write: ["docs"] }, { write: ["docs"] }), false);
});

Deno.test("grant() tells which of the directories to write in a tool gets at", () => {
  const directories = (declared: Permissions, allow?: Permissions) => {
    const granted = grant(declared, allow, CONTEXT);
    return granted.ok ? granted.directories : granted.reason;
  };
  assertEquals(directories({}), []);
  assertEquals(directories({ read: ["docs", "workspace-b"] }), []);
  assertEquals(directories({ read: ["./workspace"] }), ["/no-such-project/workspace"]);
  assertEquals(directories({ write: ["workspace/out"] }), ["/no-such-project/workspace"]);
  assertEquals(directories({ read: ["notes"], write: ["workspace"] }), CONTEXT.writable);
  assertEquals(directories({ write: ["docs"] }, { write: ["docs"] }), []);
});

Deno.test("grant() never gives the project, what is above it, its secrets or its code", () => {
  for (const path of [".", "..", "/", ".env", "/no-such-data", "/no-such-data/persistent/tasks"]) {
    assertEquals(isRefused({ read: [path] }, { read: true }), true, path);
    assertEquals(isRefused({ write: [path] }, { write: true }), true, path);
  }
  assertEquals(isRefused({ read: ["lib"] }, { read: true }), false);
  assertEquals(isRefused({ write: ["lib/x"] }, { write: true }), true);
  assertEquals(isRefused({ read: true }, { read: true }), true);
});
