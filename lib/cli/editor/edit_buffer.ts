/** The text being typed and the place in it, as values; every change gives a new one. Pure. */
import { graphemesOf } from "../text_width.ts";

export interface EditBuffer {
  readonly text: string;
  /** Between two graphemes, counted in UTF-16 units. */
  readonly cursor: number;
}

export const EMPTY: EditBuffer = { text: "", cursor: 0 };

/** A place in the text that a key goes to, or deletes up to. */
export type Target = (buffer: EditBuffer) => number;

/** The buffer with a text and the cursor behind it. */
export function bufferOf(text: string): EditBuffer {
  return { text, cursor: text.length };
}

export function insert({ text, cursor }: EditBuffer, typed: string): EditBuffer {
  const before = text.slice(0, cursor) + typed;
  return {
    text: before + text.slice(cursor),
    cursor: boundary(before + text.slice(cursor), before),
  };
}

// What is typed may join what stands behind it to one grapheme: the cursor is never inside one.
function boundary(text: string, before: string): number {
  let end = Math.max(0, before.lastIndexOf("\n", before.length - 1));
  for (const grapheme of graphemesOf(text.slice(end))) {
    if (end >= before.length) return end;
    end += grapheme.length;
  }
  return end;
}

export function move(buffer: EditBuffer, target: Target): EditBuffer {
  return { text: buffer.text, cursor: target(buffer) };
}

/** Takes out what lies between the cursor and a target. */
export function remove(buffer: EditBuffer, target: Target): { rest: EditBuffer; killed: string } {
  const { text, cursor } = buffer;
  const other = target(buffer);
  const [from, to] = other < cursor ? [other, cursor] : [cursor, other];
  const rest = text.slice(0, from) + text.slice(to);
  return {
    rest: { text: rest, cursor: boundary(rest, rest.slice(0, from)) },
    killed: text.slice(from, to),
  };
}

export const left: Target = ({ text, cursor }) => {
  if (text[cursor - 1] === "\n") return cursor - 1;
  const start = lineStartOf(text, cursor);
  return cursor - (graphemesOf(text.slice(start, cursor)).at(-1)?.length ?? 0);
};

export const right: Target = ({ text, cursor }) => {
  if (text[cursor] === "\n") return cursor + 1;
  const end = lineEndOf(text, cursor);
  return cursor + (graphemesOf(text.slice(cursor, end))[0]?.length ?? 0);
};

export const start: Target = () => 0;
export const end: Target = ({ text }) => text.length;

export const lineStart: Target = ({ text, cursor }) => lineStartOf(text, cursor);
export const lineEnd: Target = ({ text, cursor }) => lineEndOf(text, cursor);

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;

/** The beginning of the word before the cursor. */
export const wordLeft: Target = ({ text, cursor }) => {
  let found = 0;
  for (const { index } of text.slice(0, cursor).matchAll(WORD)) found = index;
  return found;
};

/** The end of the word behind the cursor. */
export const wordRight: Target = ({ text, cursor }) => {
  const word = text.slice(cursor).matchAll(WORD).next().value;
  return word === undefined ? text.length : cursor + word.index + word[0].length;
};

/** The beginning of what stands before the cursor without a space in it, as Ctrl-W takes it. */
export const blankLeft: Target = ({ text, cursor }) => {
  const before = text.slice(0, cursor).trimEnd();
  return before.length - (/\S*$/.exec(before)?.[0].length ?? 0);
};

function lineStartOf(text: string, cursor: number): number {
  return cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1;
}

function lineEndOf(text: string, cursor: number): number {
  const found = text.indexOf("\n", cursor);
  return found < 0 ? text.length : found;
}
