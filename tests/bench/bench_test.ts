import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { bench } from "./bench.ts";
import type { Section } from "./figure.ts";

Deno.test("bench() runs the sections in their order, and measures the noise between rounds", async () => {
  await using dir = await TempDir.make();
  const section = (letter: string): Section => ({
    letter,
    title: `Section ${letter}`,
    run: ({ rounds, betweenRounds }) => {
      betweenRounds?.();
      const values = Array.from({ length: rounds }, () => 1);
      return Promise.resolve([{ section: letter, name: "one", unit: "ms", values }]);
    },
  });
  const report = await bench(dir.path, {
    kind: "bench",
    sections: [section("x"), section("y")],
    json: false,
    rounds: 2,
    scale: 0.5,
    peers: false,
  }, () => {});
  assertEquals(report.sections.map(({ letter, figures }) => [letter, figures[0]?.values]), [
    ["x", [1, 1]],
    ["y", [1, 1]],
  ]);
  assertEquals([report.rounds, report.scale, report.peers], [2, 0.5, []]);
  assertEquals(report.noise.length, 3);
  // Before each section, in each, and at the end.
  for (const { values, spread } of report.noise) {
    assertEquals(values.length, 5);
    assert(spread >= 0);
  }
});
