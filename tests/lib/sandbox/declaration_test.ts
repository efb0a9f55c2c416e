import { assert, assertEquals } from "@std/assert";
import { checkDeclaration } from "../../../lib/sandbox/declaration.ts";

const GOOD = {
  description: "A tool.",
  parameters: { type: "object", properties: {} },
  permissions: { net: ["a.example"], read: true },
  effects: "none",
  timeout_seconds: 1,
  memory_mb: 16,
  unavailable: null,
};

function reasonOf(declared: unknown): string {
  const read = checkDeclaration("tool", "/tools/tool.ts", declared);
  assert("reason" in read, "it was taken");
  return read.reason;
}

Deno.test("checkDeclaration() takes what is right as it is", () => {
  assertEquals(checkDeclaration("tool", "/tools/tool.ts", GOOD), {
    name: "tool",
    file: "/tools/tool.ts",
    ...GOOD,
  } as ReturnType<typeof checkDeclaration>);
});

Deno.test("checkDeclaration() refuses parameters that are too long or too deep to be written down", () => {
  const deep: unknown = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
  for (const more of [{ deep }, { long: "x".repeat(100_000) }]) {
    assertEquals(
      reasonOf({ ...GOOD, parameters: { type: "object", ...more } }),
      "its parameters does not fit: expected at most 100000 characters of JSON schema",
    );
  }
});

Deno.test("checkDeclaration() takes why a tool is unavailable as a short text alone", () => {
  const unavailable = 'it needs "x".settings.y in tools.json';
  assertEquals(checkDeclaration("tool", "/tools/tool.ts", { ...GOOD, unavailable }), {
    name: "tool",
    file: "/tools/tool.ts",
    ...GOOD,
    unavailable,
  } as ReturnType<typeof checkDeclaration>);
  assertEquals(
    reasonOf({ ...GOOD, unavailable: "x".repeat(1001) }),
    "its unavailable does not fit: Too big: expected string to have <=1000 characters",
  );
  assertEquals(
    reasonOf({ ...GOOD, unavailable: true }),
    "its unavailable does not fit: Invalid input: expected string, received boolean",
  );
});

Deno.test("checkDeclaration() names the kind of permission that is wrong", () => {
  assertEquals(
    reasonOf({ ...GOOD, permissions: { net: "a.example" } }),
    "its permissions.net does not fit: Invalid input",
  );
  assertEquals(
    reasonOf({ ...GOOD, permissions: { all: true } }),
    'its permissions does not fit: Unrecognized key: "all"',
  );
});
