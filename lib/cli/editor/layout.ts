/** Where the text being typed stands on the screen. Pure. */
import { graphemesOf, roomFor, widthOf } from "../text_width.ts";
import type { EditBuffer } from "./edit_buffer.ts";

/** One row of the screen. */
export interface InputRow {
  /** As it is shown: nothing in it moves the cursor. */
  readonly text: string;
  /** Columns of `text` at the terminal that gives it most. */
  readonly width: number;
  /** Where in the row the cursor can stand, from left to right. */
  readonly places: readonly Place[];
}

/** A place between two graphemes. */
export interface Place {
  /** In the buffer's text. */
  readonly at: number;
  readonly column: number;
}

export interface InputLayout {
  /** Of a text of very many lines only those around the cursor: more than a screen can show. */
  readonly rows: readonly InputRow[];
  /** The cursor's row, from 0. */
  readonly row: number;
  /** The cursor's column, from 0. */
  readonly column: number;
  /** What stands before the cursor in its row. */
  readonly before: string;
}

const TAB = "    ";
/** So many lines before the cursor's, and behind it, are laid out. */
const LINES_AROUND = 500;

/**
 * Breaks a prompt and the text behind it into rows of a screen. Behind a full row the cursor
 * stands on the next one, as a terminal would have it with the next character.
 *
 * @param prompt of printable characters; lines after the first are indented by its width
 * @param columns of the screen, at least 1
 */
export function layoutInput(prompt: string, buffer: EditBuffer, columns: number): InputLayout {
  const rows = new Rows(columns, buffer.cursor);
  const indent = " ".repeat(roomFor(prompt));
  const [from, to] = linesAround(buffer);
  let at = from;
  for (const line of buffer.text.slice(from, to).split("\n")) {
    rows.begin(at === 0 ? prompt : indent);
    for (const grapheme of graphemesOf(line)) {
      rows.add(grapheme, at);
      at += grapheme.length;
    }
    rows.end(at);
    at += 1;
  }
  return rows.layout();
}

// Each key lays the text out again, so what is far from the cursor is left out.
function linesAround({ text, cursor }: EditBuffer): [from: number, to: number] {
  let from = cursor;
  for (let i = 0; i <= LINES_AROUND && from > 0; i++) {
    from = text.lastIndexOf("\n", from - 1);
    if (from < 0) break;
  }
  let to = cursor - 1;
  for (let i = 0; i <= LINES_AROUND && to < text.length; i++) {
    const next = text.indexOf("\n", to + 1);
    to = next < 0 ? text.length : next;
  }
  // What was found before the first line is the break of the line before it.
  return [from <= 0 ? 0 : from + 1, to];
}

/**
 * The place one row above or below the cursor, in about the same column.
 *
 * @returns a place in the buffer's text; `undefined` where there is no such row
 */
export function placeBeside(
  { rows, row, column }: InputLayout,
  direction: -1 | 1,
): number | undefined {
  const places = rows[row + direction]?.places;
  return (places?.findLast((place) => place.column <= column) ?? places?.[0])?.at;
}

class Rows {
  readonly #rows: InputRow[] = [];
  #text = "";
  #width = 0;
  #places: Place[] = [];
  #cursor = { row: 0, column: 0, before: "" };

  constructor(private readonly columns: number, private readonly cursor: number) {}

  begin(prefix: string): void {
    for (const character of graphemesOf(prefix)) this.#put(character, roomFor(character));
  }

  add(grapheme: string, at: number): void {
    const shown = shownAs(grapheme);
    // What stands for one character in plain ones breaks like any others.
    const pieces = grapheme.length < shown.length ? [...shown] : [shown];
    pieces.forEach((piece, index) => {
      // A terminal of one column cannot show what takes two.
      const fits = roomFor(piece) <= this.columns ? piece : "?";
      if (this.#width + roomFor(fits) > this.columns) this.#finish();
      if (index === 0) this.#mark(at);
      this.#put(fits, roomFor(fits));
    });
  }

  end(at: number): void {
    if (this.#width >= this.columns && at === this.cursor) this.#finish();
    this.#mark(at);
    this.#finish();
  }

  layout(): InputLayout {
    return { rows: this.#rows, ...this.#cursor };
  }

  #put(shown: string, room: number): void {
    if (this.#width + room > this.columns) this.#finish();
    this.#text += shown;
    this.#width += room;
  }

  #mark(at: number): void {
    this.#places.push({ at, column: this.#width });
    if (at !== this.cursor) return;
    this.#cursor = { row: this.#rows.length, column: this.#width, before: this.#text };
  }

  #finish(): void {
    this.#rows.push({ text: this.#text, width: this.#width, places: this.#places });
    this.#text = "";
    this.#width = 0;
    this.#places = [];
  }
}

/** Most of what is typed. */
const PLAIN = /^(?!\p{Default_Ignorable_Code_Point})[\u0020-\u007e\p{L}\p{N}]$/u;
// deno-lint-ignore no-control-regex
const CONTROL = /^[\u0000-\u001f\u007f]$/;
// What reorders or hides the text behind it; the joiners inside emoji and words stay.
const HIDING =
  /(?![\ufe00-\ufe0f\u200c\u200d])[\p{Default_Ignorable_Code_Point}\u0080-\u009f\u200e\u200f\u2028-\u202e\ufff9-\ufffb]/gu;
const TAGS = /[\u{e0000}-\u{e007f}]/gu;

/** A grapheme as it can be shown: ESC as `^[`, a tab as spaces, what reorders text as `�`. */
export function shownAs(grapheme: string): string {
  if (PLAIN.test(grapheme)) return grapheme;
  if (grapheme === "\t") return TAB;
  if (CONTROL.test(grapheme)) return "^" + String.fromCharCode(grapheme.charCodeAt(0) ^ 0x40);
  const shown = grapheme.replace(TAGS, "").replace(HIDING, "\ufffd").toWellFormed();
  // Without a width of its own it would join the character before it, which may be the prompt.
  return widthOf(shown) === 0 ? "\ufffd" : shown;
}
