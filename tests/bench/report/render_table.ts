/** The report as a table for a terminal of 100 columns. */
import { wrapWords } from "../../../lib/cli/word_wrap.ts";
import { type Bound, type Comparison, type Figure, spread } from "../figure.ts";
import { formatValue } from "./format_value.ts";
import { machineLine } from "./machine.ts";
import type { NoiseSpread } from "./noise.ts";
import { countBounds, medianRatio, reaches, type Report, type ReportedSection } from "./report.ts";

const COLUMNS = 100;
/** Columns: name, median with its unit, smallest and largest, ratio, bound. */
const WIDTHS = [42, 16, 17, 9, 12] as const;

export function renderTable(report: Report): string {
  return [
    ...head(report),
    ...report.sections.flatMap(sectionLines),
    "",
    ...report.remarks.map((remark) => wrapWords(`- ${remark}`, COLUMNS)),
    verdict(report),
    "",
  ].join("\n");
}

function head({ date, machine, rounds, scale, noise }: Report): string[] {
  const shorter = scale === 1 ? "" : `, at ${scale} of its size`;
  return [
    `${date.slice(0, 10)}, ${machineLine(machine)}`,
    `Medians of ${rounds} ${rounds === 1 ? "round" : "rounds"} after a warm-up${shorter}; ` +
    "ratios are medians of the rounds' own ratios.",
    "The machine's noise meanwhile, the same work again and again (8 of 10 within; worst):",
    noise.map(noiseText).join(";  "),
  ];
}

function noiseText({ of, spread, worst }: NoiseSpread): string {
  const percent = (value: number) => Number.isNaN(value) ? "?" : String(Math.round(value));
  return `${of} ±${percent(spread)} %, +${percent(worst)} %`;
}

function sectionLines({ letter, title, figures }: ReportedSection): string[] {
  return [
    "",
    row(`${letter}  ${title}`, "median", "min–max", "ratio", "must"),
    ...figures.flatMap(figureLines),
  ];
}

function figureLines(figure: Figure): string[] {
  const { name, unit, values, must, compared = [] } = figure;
  const { median } = spread(values);
  const value = `${formatValue(median)} ${unit}`;
  return [
    row(`   ${name}`, value, rangeOf(values), "", must ? boundText(must, median) : ""),
    ...compared.map((each) => comparisonLine(figure, each)),
  ];
}

function comparisonLine(figure: Figure, { to, values, must }: Comparison): string {
  const ratio = medianRatio(figure, { to, values });
  return row(
    `     to ${to}`,
    // Under the number above it, which a unit follows.
    formatValue(spread(values).median) + " ".repeat(figure.unit.length + 1),
    rangeOf(values),
    `${formatValue(ratio)} ×`,
    must ? boundText(must, ratio) : "",
  );
}

function rangeOf(values: readonly number[]): string {
  if (values.length < 2) return "";
  const { min, max } = spread(values);
  return `${formatValue(min)}–${formatValue(max)}`;
}

function boundText(bound: Bound, median: number): string {
  const { least, most } = bound;
  const sides = [
    ...least === undefined ? [] : [`≥ ${least.toLocaleString("en")}`],
    ...most === undefined ? [] : [`≤ ${most.toLocaleString("en")}`],
  ];
  return `${sides.join(", ")} ${reaches(median, bound) ? "✓" : "✗"}`;
}

function row(name: string, ...cells: readonly string[]): string {
  const aligned = cells.map((cell, i) => cell.padStart(WIDTHS[i + 1]!)).join(" ");
  const first = name.padEnd(WIDTHS[0]);
  // A name that is too long has a line of its own: the columns stay where they are.
  const lead = first.length > WIDTHS[0] ? `${name}\n${" ".repeat(WIDTHS[0])}` : first;
  return (lead + aligned).trimEnd();
}

function verdict(report: Report): string {
  const { all, reached } = countBounds(report);
  if (all === 0) return "No bounds were measured.";
  if (reached === all) return `All ${all} bounds are reached.`;
  return `${reached} of ${all} bounds are reached, ${all - reached} missed (✗).`;
}
