import { graphemesOf, roomFor } from "./text_width.ts";

// Chinese and Japanese are written without spaces and may break between any two characters, but
// not before closing punctuation.
/** What stays together within a line: a word, or the spaces between two. */
export const TOKEN =
  /[^\S\n]+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー][、。，．！？：；」』）〕】〉》]*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu;

/** A part of a text: from one place up to another. */
export type Range = readonly [from: number, to: number];

/**
 * Where one line of text breaks between words, so that no row is wider than the columns. Spaces at
 * a break belong to no row.
 *
 * @param hard a word wider than the columns is broken too; else it stands alone in its row, whole,
 * for the terminal to break: so an address stays one that can be copied
 */
export function lineBreaks(text: string, columns: number, hard = false): Range[] {
  const rows: Range[] = [];
  let from = 0;
  let to = 0;
  let width = 0;
  let space = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const room = roomFor(token);
    if (token.trim() === "") {
      space = room;
      continue;
    }
    if (to > from && width + space + room > columns) {
      rows.push([from, to]);
      from = index;
      width = 0;
      space = 0;
    }
    width += space + room;
    space = 0;
    to = index + token.length;
    if (!hard || width <= columns) continue;
    for (const end of hardBreaks(text.slice(from, to), columns)) {
      rows.push([from, from + end]);
      from += end;
    }
    width = roomFor(text.slice(from, to));
  }
  return [...rows, [from, to]];
}

// How long each row is but the last.
function hardBreaks(text: string, columns: number): number[] {
  const lengths: number[] = [];
  let length = 0;
  let width = 0;
  for (const grapheme of graphemesOf(text)) {
    const room = roomFor(grapheme);
    if (width + room > columns && length > 0) {
      lengths.push(length);
      length = 0;
      width = 0;
    }
    length += grapheme.length;
    width += room;
  }
  return lengths;
}
