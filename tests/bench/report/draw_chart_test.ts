import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawChart } from "./draw_chart.ts";
import { SAMPLE_REPORT } from "./sample_report.ts";

Deno.test("drawChart() draws what is charted beside its floor and the other queues", () => {
  const svg = drawChart(SAMPLE_REPORT);
  const bars = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="(\d+)"/g)];
  assertEquals(bars.map(([, kind]) => kind), ["ours", "floor", "peer"]);
  const [ours, floor, peer] = bars.map(([, , width]) => Number(width));
  assertEquals([ours! / floor!, peer! / floor!], [0.5, 48 / 190]);
  assertStringIncludes(svg, "Drain: relaxed, concurrency 10");
  assertStringIncludes(svg, "A &lt;CPU&gt;");
});

Deno.test("drawChart() breaks a bar that would leave nothing of the others", () => {
  const [section] = SAMPLE_REPORT.sections;
  const [figure] = section!.figures;
  const compared = [
    { to: "floor", values: [10_000] },
    { to: "BullMQ, everysec", values: [100_000] },
  ];
  const sections = [{ ...section!, figures: [{ ...figure!, values: [5_000], compared }] }];
  const svg = drawChart({ ...SAMPLE_REPORT, sections });
  const widths = [...svg.matchAll(/<rect [^>]* width="(\d+)"/g)].map(([, width]) => Number(width));
  assertEquals(widths[0]! / widths[1]!, 0.5);
  assertEquals(widths[1], widths[2]);
  assertEquals(svg.match(/class="break"/g)?.length, 1);
});

Deno.test("drawChart() of a run without a charted figure is an empty picture", () => {
  const svg = drawChart({ ...SAMPLE_REPORT, sections: [] });
  assertEquals(svg.includes("NaN") || svg.includes("Infinity"), false);
});
