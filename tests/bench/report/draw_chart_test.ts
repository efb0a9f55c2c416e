import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawChart } from "./draw_chart.ts";
import { SAMPLE_REPORT } from "./sample_report.ts";

Deno.test("drawChart() draws what is charted beside its floor and the other queues", () => {
  const svg = drawChart(SAMPLE_REPORT);
  const bars = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="([\d.]+)"/g)];
  assertEquals(bars.map(([, kind]) => kind), ["ours", "floor", "peer"]);
  const [ours, floor, peer] = bars.map(([, , width]) => Number(width));
  assertEquals([ours! / floor!, peer! / floor!], [0.5, 0.25]);
  assertStringIncludes(svg, "Drain: relaxed, concurrency 10");
  assertStringIncludes(svg, "A &lt;CPU&gt;");
});

Deno.test("drawChart() of a run without a charted figure is an empty picture", () => {
  const svg = drawChart({ ...SAMPLE_REPORT, sections: [] });
  assertEquals(svg.includes("NaN") || svg.includes("Infinity"), false);
});
