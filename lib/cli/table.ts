/** Rows under headings, aligned by what a terminal shows, and no wider than it. */
import { type OutputLook, type Style, styled } from "./terminal.ts";
import { padTo, truncateTo, widthOf } from "./text_width.ts";

/** One column of a table. */
export interface Column<Row> {
  readonly head: string;
  /** The text, harmless and of one line. "" where there is nothing to say. */
  readonly cell: (row: Row) => string;
  /** What it says at a terminal narrower than {@linkcode NARROW}. */
  readonly narrow?: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  /** What stands where a cell says nothing. Default: a dash, which scripts can count on. */
  readonly nothing?: string;
  readonly align?: "right";
  /** It may be cut down to so many columns where the terminal is too narrow for all. */
  readonly min?: number;
  /** Where there is no room it goes, the highest first; absent: it stays. */
  readonly rank?: number;
  /** At a terminal it is left out where no row says anything in it. */
  readonly optional?: true;
  /** It is there only where nothing is left out: where the output is no terminal. */
  readonly only?: "whole";
}

/** Terminals with fewer columns are narrow. */
export const NARROW = 60;
/** Between two columns. */
const GAP = 2;
/** What is cut is not cut below this. */
const LEAST = 8;
/** What stands for nothing. */
const NOTHING = "–";

interface Laid<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

/**
 * The table, one line a row, each with its newline. Where the output is no terminal every column is
 * there and nothing is cut, so that what reads it finds the same columns always.
 *
 * @param indent spaces before each line
 */
export function renderColumns<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  look: OutputLook,
  indent = "",
): string {
  const laid = layOut(rows, columns, look.columns, indent.length);
  const head = laid.map(({ column, width }) => aligned(column, column.head, width)).join("  ");
  const lines = rows.map((row, i) =>
    laid.map(({ column, cells, width }) => {
      const text = aligned(column, truncateTo(cells[i]!, width), width);
      const style = column.style?.(row);
      return style === undefined ? text : styled(look, style, text);
    }).join("  ")
  );
  const all = [styled(look, "dim", head.trimEnd()), ...lines];
  return all.map((line) => `${indent}${line}`.trimEnd() + "\n").join("");
}

function layOut<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  available: number | undefined,
  indent: number,
): Laid<Row>[] {
  const isNarrow = available !== undefined && available < NARROW;
  const natural = columns.map((column) => {
    const text = isNarrow ? column.narrow ?? column.cell : column.cell;
    const cells = rows.map((row) => text(row));
    const isEmpty = cells.every((cell) => cell === "");
    const shown = cells.map((cell) => cell === "" ? column.nothing ?? NOTHING : cell);
    const head = isNarrow && column.narrow !== undefined ? "" : column.head;
    const width = Math.max(widthOf(head), ...shown.map(widthOf));
    return { column: { ...column, head }, cells: shown, width, isEmpty };
  });
  if (available === undefined) return natural;
  const shown = natural.filter(({ column, isEmpty }) =>
    !(column.optional && isEmpty) && column.only !== "whole"
  );
  // One column less: some terminals break a line that is exactly full.
  return fit(shown, available - indent - 1);
}

function fit<Row>(laid: readonly Laid<Row>[], available: number): Laid<Row>[] {
  const wanted = (columns: readonly Laid<Row>[]) =>
    columns.reduce((sum, { column, width }) => sum + Math.min(width, column.min ?? width), 0) +
    GAP * (columns.length - 1);
  let kept = [...laid];
  while (wanted(kept) > available) {
    const ranks = kept.map(({ column }) => column.rank ?? 0);
    const last = Math.max(...ranks);
    if (last === 0) break;
    kept = kept.filter((_, i) => ranks[i] !== last);
  }
  return cut(kept, available);
}

// What can be cut shares the room that the others leave, the first before the second.
function cut<Row>(laid: readonly Laid<Row>[], available: number): Laid<Row>[] {
  const least = ({ column, width }: Laid<Row>) => Math.min(width, column.min ?? width);
  let spare = available - GAP * (laid.length - 1) -
    laid.reduce((sum, column) => sum + least(column), 0);
  return laid.map((each) => {
    if (each.column.min === undefined) return each;
    const width = Math.min(each.width, Math.max(least(each) + spare, LEAST));
    spare -= width - least(each);
    return { ...each, width };
  });
}

function aligned<Row>({ align }: Column<Row>, text: string, width: number): string {
  if (align !== "right") return padTo(text, width);
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}
