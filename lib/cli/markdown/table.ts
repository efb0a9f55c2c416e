/** A table within the terminal's columns; where there is no room for one, its rows as records. */
import type { Tokens } from "marked";
import { lineBreaks } from "../line_breaks.ts";
import { plainLine, roomForLine, sliceLine, type StyledLine, textOf } from "../styled_line.ts";
import type { Look } from "../terminal.ts";
import { inlineLines } from "./inline.ts";

/** A narrower column is not worth reading. */
const NARROWEST = 8;
const BETWEEN = " │ ";

type Cell = StyledLine;
type Align = Tokens.Table["align"][number];

export function renderTable(token: Tokens.Table, look: Look): StyledLine[] {
  const cell = ({ tokens }: Tokens.TableCell): Cell => inlineLines(tokens, look).flat();
  const header = token.header.map(cell);
  const rows = token.rows.map((row) => row.map(cell));
  const widths = fitted(naturalWidths([header, ...rows]), look.columns);
  if (widths === undefined) return records(header, rows, look);
  const rule = widths.map((width) => "─".repeat(width)).join("─┼─");
  return [
    ...tableRow(header.map(bold), widths, token.align),
    plainLine(rule, "dim"),
    ...rows.flatMap((row) => tableRow(row, widths, token.align)),
  ];
}

function naturalWidths(rows: readonly Cell[][]): number[] {
  const [header = []] = rows;
  return header.map((_, i) => Math.max(1, ...rows.map((row) => roomForLine(row[i] ?? []))));
}

/** Narrows the widest columns until all fit; `undefined` where they would become too narrow. */
function fitted(natural: readonly number[], columns: number): number[] | undefined {
  const room = columns - BETWEEN.length * (natural.length - 1);
  const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0);
  if (sum(natural) <= room) return [...natural];
  let limit = Math.max(...natural);
  while (limit > NARROWEST && sum(natural.map((width) => Math.min(width, limit))) > room) limit--;
  const widths = natural.map((width) => Math.min(width, limit));
  return sum(widths) <= room ? widths : undefined;
}

function tableRow(
  cells: readonly Cell[],
  widths: readonly number[],
  align: readonly Align[],
): StyledLine[] {
  const broken = widths.map((width, i) => {
    const cell = cells[i] ?? [];
    return lineBreaks(textOf(cell), width, true).map(([from, to]) => sliceLine(cell, from, to));
  });
  const height = Math.max(1, ...broken.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    widths.flatMap((width, i): StyledLine => {
      const line = broken[i]?.[row] ?? [];
      const isLast = i === widths.length - 1;
      return [
        ...(i === 0 ? [] : plainLine(BETWEEN, "dim")),
        ...aligned(line, width, align[i] ?? null, isLast),
      ];
    }));
}

function aligned(line: StyledLine, width: number, align: Align, isLast: boolean): StyledLine {
  const free = Math.max(0, width - roomForLine(line));
  const before = align === "right" ? free : align === "center" ? free >> 1 : 0;
  return [
    ...plainLine(" ".repeat(before)),
    ...line,
    // Nothing invisible at a line's end.
    ...plainLine(" ".repeat(isLast ? 0 : free - before)),
  ];
}

function records(header: readonly Cell[], rows: readonly Cell[][], look: Look) {
  return rows.flatMap((row, index): StyledLine[] => [
    ...(index === 0 ? [] : [[]]),
    ...row.flatMap((cell, i) => {
      const name = textOf(header[i] ?? []);
      const label = name === "" ? [] : [...bold(header[i] ?? []), ...plainLine(": ")];
      const line = [...label, ...cell];
      return lineBreaks(textOf(line), look.columns - 2, true)
        .map(([from, to], part) => [
          ...plainLine(part === 0 ? "" : "  "),
          ...sliceLine(line, from, to),
        ]);
    }),
  ]);
}

function bold(line: StyledLine): StyledLine {
  return line.map(({ text, styles }) => ({ text, styles: [...styles, "bold"] }));
}
