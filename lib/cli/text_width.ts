import stringWidth from "string-width";

/** Columns that a text takes at a terminal; wide characters take two. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * Columns that a text takes at the terminal that gives it most: some join an emoji's parts to one
 * character, others show each. Who breaks lines by this is never surprised by a break of the
 * terminal's own.
 */
export function roomFor(text: string): number {
  if (text.length === 1) return roomForOne(text);
  if (ASCII.test(text)) return stringWidth(text);
  let room = 0;
  for (const grapheme of graphemesOf(text)) room += roomForOne(grapheme);
  return room;
}

/** Widths by grapheme: most texts are made of few, and to compute one takes microseconds. */
const rooms = new Map<string, number>();
const MAX_KEPT = 5_000;

function roomForOne(grapheme: string): number {
  const known = rooms.get(grapheme);
  if (known !== undefined) return known;
  if (rooms.size >= MAX_KEPT) rooms.clear();
  const room = computedRoom(grapheme);
  rooms.set(grapheme, room);
  return room;
}

function computedRoom(grapheme: string): number {
  const whole = stringWidth(grapheme);
  // The two that make an emoji of the character before them add what that one was short of.
  let parts = /[\ufe0f\u20e3]/.test(grapheme) ? 1 : 0;
  for (const character of grapheme) parts += stringWidth(character);
  // A mark without a character to stand on gets a place of its own.
  return whole === 0 && !ASCII.test(grapheme) ? parts + 1 : Math.max(whole, parts);
}

/** Rows that a line takes at a terminal of so many columns, which breaks it by itself. */
export function rowsTaken(text: string, columns: number): number {
  let rows = 1;
  let column = 0;
  for (const grapheme of graphemesOf(text)) {
    const width = stringWidth(grapheme);
    if (column + width > columns) {
      rows++;
      column = 0;
    }
    column += width;
  }
  return rows;
}

/** The text, filled with spaces to a width. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a person takes for one character each. */
export function graphemesOf(text: string): string[] {
  // A line's end of two characters is one grapheme; everything else in ASCII is one each.
  if (ASCII.test(text) && !text.includes("\r\n")) return text.split("");
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The text, cut to a width with an ellipsis; whole characters stay whole. */
export function truncateTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let columns = 1;
  for (const { segment } of segmenter.segment(text)) {
    columns += widthOf(segment);
    if (columns > width) break;
    kept += segment;
  }
  return kept + "…";
}
