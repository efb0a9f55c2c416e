import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_SUMMARY_LENGTH, summaryOf } from "../../../lib/task/summary.ts";

Deno.test("summaryOf() gives the first line that says something, without Markdown's marks", () => {
  const cases: readonly (readonly [text: string, summary: string])[] = [
    ["Sunny, 12 degrees.\nMore follows.", "Sunny, 12 degrees."],
    ["\n\n  ## **Oslo**: `rain`  \nx", "Oslo: rain"],
    ["```text\ncode first\n```", "code first"],
    ["---\n\n> - [x] quoted *and* listed", "quoted and listed"],
    ["1. See [the page](https://example.com/a)", "See the page"],
    ["![chart](chart.png)", "chart"],
    ["2 ** 3 ** 4 and snake_case_name stay", "2 ** 3 ** 4 and snake_case_name stay"],
    ["***loud*** and *clear*, 2 * 3 * 4", "loud and clear, 2 * 3 * 4"],
    ["| --- | --- |\n| a | b |", "| a | b |"],
    ["", ""],
    ["\n \n", ""],
  ];
  for (const [text, summary] of cases) assertEquals(summaryOf(text), summary);
});

Deno.test("summaryOf() is one well-formed line of bounded length for every text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
    const summary = summaryOf(text);
    assert(summary.length <= MAX_SUMMARY_LENGTH);
    assert(!summary.includes("\n"));
    assert(summary.isWellFormed());
  }));
  assertEquals(summaryOf("😀".repeat(200)).length, MAX_SUMMARY_LENGTH - 1);
});
