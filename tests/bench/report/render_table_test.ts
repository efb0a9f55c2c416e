import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderTable } from "./render_table.ts";
import { SAMPLE_REPORT } from "./sample_report.ts";

Deno.test("renderTable() shows figures, what they are held against, and what was missed", () => {
  const table = renderTable(SAMPLE_REPORT);
  assertStringIncludes(
    table,
    "2026-11-26, A <CPU>, 2 cores, 16 GB, linux 6.1, Deno 2.9.6\nMedians of 3 rounds",
  );
  assertStringIncludes(table, "a loop ±4 %, +10 %");
  const lines = table.split("\n").map((line) => line.trim().split(/\s{2,}/));
  assertEquals(lines.filter(([, second]) => second !== undefined), [
    ["b", "Drain, with results", "median", "min–max", "ratio", "must"],
    ["relaxed, concurrency 10", "5,000 tasks/s", "4,000–6,000"],
    ["to floor, relaxed", "10,000", "10,000–10,000", "0.50 ×", "≥ 0.6 ✗"],
    ["to BullMQ, everysec", "2,500", "2,000–4,000", "2.00 ×", "≥ 1.2 ✓"],
    ["to one service", "5,000", "5,000–5,000", "1.00 ×"],
    ["idle", "80.3 MB", "≤ 100 ✓"],
  ]);
  assertStringIncludes(
    table,
    "- Celery is not installed.\n2 of 3 bounds are reached, 1 missed (✗).",
  );
});

Deno.test("renderTable() keeps its columns within 100, beside a long name too", () => {
  const [section] = SAMPLE_REPORT.sections;
  const [figure] = section!.figures;
  const name = "relaxed, concurrency 10, two services beside each other";
  const sections = [{ ...section!, figures: [figure!, { ...figure!, name }] }];
  const lines = renderTable({ ...SAMPLE_REPORT, sections }).split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("b")));
  assert(table.every((line) => line.length <= 100));
  const ends = table.filter((line) => line.includes("tasks/s")).map((line) =>
    line.indexOf("tasks/s")
  );
  assertEquals(new Set(ends).size, 1);
});
