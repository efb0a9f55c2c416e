import { assertEquals } from "@std/assert";
import { parseRetryAfter } from "../../../lib/model/retry_after.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

function read(headers: Record<string, string>): number | undefined {
  return parseRetryAfter(new Headers(headers), NOW);
}

const CASES: readonly [string, number | undefined][] = [
  ["0", 0],
  ["30", 30_000],
  ["1.5", 1_500],
  [" 90 ", 90_000],
  ["604800", 604_800_000],
  ["Sun, 22 Nov 2026 12:01:00 GMT", 60_000],
  ["Mon, 23 Nov 2026 12:00:00 GMT", 86_400_000],
  ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
  ["", undefined],
  ["soon", undefined],
  ["-5", undefined],
  ["1e400", undefined],
  ["99999999999999999999", undefined],
];

for (const [text, expected] of CASES) {
  Deno.test(`parseRetryAfter() reads "${text}" as ${expected} ms`, () => {
    assertEquals(read({ "retry-after": text }), expected);
  });
}

Deno.test("parseRetryAfter() prefers milliseconds, and falls back where they are unreadable", () => {
  assertEquals(read({ "retry-after-ms": "250.2", "retry-after": "9" }), 251);
  assertEquals(read({ "retry-after-ms": "x", "retry-after": "9" }), 9_000);
  assertEquals(read({}), undefined);
});
