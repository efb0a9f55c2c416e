import { assertEquals } from "@std/assert";
import type { Figure } from "../figure.ts";
import { countBounds, medianRatio, reaches, reportJson } from "./report.ts";
import { SAMPLE_REPORT } from "./sample_report.ts";

const figure = (values: number[]): Figure => ({ section: "a", name: "one", unit: "ms", values });

Deno.test("medianRatio() is the median of the rounds' ratios, not the ratio of the medians", () => {
  const slowRound = medianRatio(figure([10, 1, 12]), { to: "floor", values: [20, 2, 20] });
  assertEquals(slowRound, 0.5);
  assertEquals(medianRatio(figure([10, 12, 14]), { to: "floor", values: [24] }), 0.5);
  assertEquals(medianRatio(figure([1, 2]), { to: "one that failed once", values: [NaN, 4] }), 0.5);
});

Deno.test("reaches() takes a bound itself, and no figure that is none", () => {
  assertEquals(reaches(0.6, { least: 0.6 }), true);
  assertEquals(reaches(0.59, { least: 0.6 }), false);
  assertEquals(reaches(3, { most: 3 }), true);
  assertEquals(reaches(3.1, { most: 3 }), false);
  assertEquals(reaches(NaN, {}), false);
});

Deno.test("countBounds() counts those of figures and of ratios", () => {
  assertEquals(countBounds(SAMPLE_REPORT), { all: 3, reached: 2 });
});

Deno.test("reportJson() has every round's values, and what they come to", () => {
  const { bounds, sections } = JSON.parse(reportJson(SAMPLE_REPORT));
  assertEquals(bounds, { all: 3, reached: 2 });
  const [first, idle] = sections[0].figures;
  assertEquals([first.values, first.median, first.min, first.max], [
    [5_000, 6_000, 4_000],
    5_000,
    4_000,
    6_000,
  ]);
  assertEquals([first.compared[0].ratio, first.compared[0].reached], [0.5, false]);
  assertEquals([first.compared[1].ratio, first.compared[1].reached], [2, true]);
  assertEquals("reached" in first.compared[2], false);
  assertEquals(idle.reached, true);
});
