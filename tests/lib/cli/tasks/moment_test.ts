import { assertEquals, assertThrows } from "@std/assert";
import { durationOf, instantOf, momentOf } from "../../../../lib/cli/tasks/moment.ts";
import { UsageError } from "../../../../lib/cli/usage_error.ts";

Deno.test("durations have a number and a unit", () => {
  const texts = ["90s", "15m", "2h", "1.5d", "2w", "0s"];
  const expected = [90_000, 900_000, 7_200_000, 129_600_000, 1_209_600_000, 0];
  assertEquals(texts.map((text) => durationOf("since", text)), expected);
  for (const text of ["", "5", "h", "-1h", "1 h", "1y", "1e3s", "1h30m"]) {
    assertThrows(() => durationOf("since", text), UsageError, `got "${text}"`);
  }
});

Deno.test("a moment is so long before now, or an instant with an offset", () => {
  const now = Date.UTC(2026, 0, 31, 12);
  const at = (text: string) => instantOf(momentOf("since", text), now);
  assertEquals(at("2h"), Date.UTC(2026, 0, 31, 10));
  assertEquals(at("2026-01-31T09:00:00+02:00"), Date.UTC(2026, 0, 31, 7));
  assertEquals(at("2026-01-31T09:00Z"), Date.UTC(2026, 0, 31, 9));
  for (const text of ["2026-01-31", "2026-01-31T09:00:00", "2026-13-31T09:00:00Z", "now"]) {
    assertThrows(() => at(text), UsageError, `got "${text}"`);
  }
});
