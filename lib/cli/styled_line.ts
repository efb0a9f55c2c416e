/** A line of text in several styles, before it is known what the terminal can show. Pure. */
import { sanitize } from "./sanitize.ts";
import { type Style, styled } from "./terminal.ts";
import { graphemesOf, roomFor } from "./text_width.ts";

export interface Span {
  readonly text: string;
  readonly styles: readonly Style[];
}

export type StyledLine = readonly Span[];

/** One line of one style, whatever is in the text. */
export function plainLine(text: string, ...styles: Style[]): StyledLine {
  const line = harmless(text);
  return line === "" ? [] : [{ text: line, styles }];
}

/** The text alone. */
export function textOf(line: StyledLine): string {
  return line.map(({ text }) => text).join("");
}

/** As it goes to a terminal: harmless, one line, every style ended. */
export function paint(line: StyledLine, look: { readonly color: boolean }): string {
  return line.map(({ text, styles }) => styled(look, styles, harmless(text))).join("");
}

/** Lines as they go to a terminal, each ended. */
export function paintLines(
  lines: readonly StyledLine[],
  look: { readonly color: boolean },
): string {
  return lines.map((line) => paint(line, look) + "\n").join("");
}

// What no terminal shows, and each gives another width; but the joiners, and what selects the form
// of a character before it.
const UNSEEN =
  /^[\ufe00-\ufe0f]+|(?![\ufe00-\ufe0f\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu;

/** Text as a part of a line: nothing in it acts on a terminal, and its width can be told. */
export function harmless(text: string): string {
  return sanitize(text).replace(/[\n\t]/g, " ").replace(UNSEEN, "");
}

/** Columns that the line takes at the terminal that gives it most. */
export function roomForLine(line: StyledLine): number {
  return roomFor(textOf(line));
}

/** The part of a line between two places in its text. */
export function sliceLine(line: StyledLine, from: number, to: number): StyledLine {
  const parts: Span[] = [];
  let at = 0;
  for (const { text, styles } of line) {
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (part !== "") parts.push({ text: part, styles });
    at += text.length;
  }
  return parts;
}

/** The line in rows of at most so many columns, wherever that breaks it: as a terminal does. */
export function rowsOf(line: StyledLine, columns: number): StyledLine[] {
  if (roomForLine(line) <= columns) return [line];
  const rows: StyledLine[] = [];
  let width = 0;
  let from = 0;
  let at = 0;
  for (const grapheme of graphemesOf(textOf(line))) {
    const room = roomFor(grapheme);
    if (width + room > columns && at > from) {
      rows.push(sliceLine(line, from, at));
      from = at;
      width = 0;
    }
    width += room;
    at += grapheme.length;
  }
  return [...rows, sliceLine(line, from, at)];
}

/** The line cut to so many columns with an ellipsis. */
export function cutLine(line: StyledLine, columns: number): StyledLine {
  if (roomForLine(line) <= columns) return line;
  const [row = []] = rowsOf(line, Math.max(1, columns - 1));
  return [...row, { text: "…", styles: row.at(-1)?.styles ?? [] }];
}
