/** A part of a long text, by place or by words: what a model is given instead of the whole. Pure. */
import { cutAtBreak } from "../task/cut_at_break.ts";

/** Length of a part where none is asked for, in UTF-16 units. */
export const DEFAULT_LENGTH = 4_000;
/** Longest part, in UTF-16 units. */
export const MAX_LENGTH = 16_000;
/** More places where the words stand are counted, not shown. */
const MAX_MATCHES = 8;
/** More are not looked for. */
const MAX_PLACES = 1_000;
/** Shown before and behind a match, in UTF-16 units. */
const AROUND = 300;
/** Several places are shown as one up to this length, in UTF-16 units. */
const MAX_WINDOW = 1_200;
/** Shorter words say nothing of a text. */
const MIN_WORD_LENGTH = 3;

/** A part of a text. */
export interface Part {
  readonly text: string;
  /** Where it begins in the whole, in UTF-16 units. */
  readonly offset: number;
  /** Where to go on; absent at the end. */
  readonly next_offset?: number;
}

/** A part by its place; it ends with a paragraph, a line or a word where there is one. */
export function partOf(whole: string, offset: number, length: number): Part {
  const from = Math.min(Math.max(0, offset), whole.length);
  const rest = whole.slice(from);
  const limit = Math.min(length, MAX_LENGTH);
  // A cut behind nothing but empty lines leaves nothing.
  const text = cutAtBreak(rest, limit) || cutAnywhere(rest, limit);
  if (rest.length <= text.length) return { text, offset: from };
  // What a cut adds to close a code block stands nowhere in the whole.
  const kept = rest.startsWith(text) ? text.length : text.lastIndexOf("\n");
  return { text, offset: from, next_offset: from + Math.max(1, kept) };
}

function cutAnywhere(text: string, limit: number): string {
  return text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "").toWellFormed();
}

/** Where words stand in a text. */
export interface Matches {
  readonly matches: readonly Part[];
  /** All places, those not shown too; 1,000 stands for more. */
  readonly count: number;
  /** The words stand nowhere together; these are places of any of them. */
  readonly single_words?: true;
}

/** The places where a phrase stands, whatever its case and spaces; else those of its words. */
export function findIn(whole: string, phrase: string): Matches {
  const words = phrase.trim().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return { matches: [], count: 0 };
  const together = placesOf(whole, words.map(RegExp.escape).join("\\s+"));
  if (together.length > 0 || words.length === 1) return matchesAt(whole, together);
  const telling = words.filter(({ length }) => length >= MIN_WORD_LENGTH);
  const single = telling.length === 0 ? [] : placesOf(whole, telling.map(RegExp.escape).join("|"));
  return single.length === 0
    ? { matches: [], count: 0 }
    : { ...matchesAt(whole, single), single_words: true };
}

interface Place {
  readonly from: number;
  readonly to: number;
}

function placesOf(whole: string, pattern: string): Place[] {
  return [...whole.matchAll(new RegExp(pattern, "giu")).take(MAX_PLACES)]
    .map((found) => ({ from: found.index, to: found.index + found[0].length }));
}

function matchesAt(whole: string, places: readonly Place[]): Matches {
  const windows: { from: number; to: number }[] = [];
  for (const { from, to } of places) {
    const last = windows.at(-1);
    const start = Math.max(0, from - AROUND);
    // Places close together are shown as one, as long as that stays short.
    if (last !== undefined && start <= last.to && to - last.from <= MAX_WINDOW) {
      last.to = Math.max(last.to, to + AROUND);
    } else if (windows.length < MAX_MATCHES) {
      windows.push({ from: Math.max(start, last?.to ?? 0), to: to + AROUND });
    } else break;
  }
  const matches = windows.map(({ from, to }) => ({
    text: whole.slice(from, to).toWellFormed(),
    offset: from,
  }));
  return { matches, count: places.length };
}
