import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../support/storage_fixture.ts";
import { bench } from "./bench.ts";
import type { Section } from "./figure.ts";
import { benchFinished } from "./finished.ts";

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

Deno.test("benchFinished() measures each call beside few and beside many", async () => {
  await using dir = await TempDir.make();
  const rows = await benchFinished(dir.path, 1, 200);
  assert(rows.length > 5);
  for (const { few, many } of rows) {
    assertEquals([few.length, many.length], [1, 1]);
    assert([...few, ...many].every((value) => value > 0 && Number.isFinite(value)));
  }
});
