/** Takes a text apart into the pieces of work that it asks for. */

const LIST_ITEM = /^\s*(?:\d+[.)]|[-*•])\s+/;
const ORDER = /[,;.]?\s*\b(?:and then|then|after that|afterwards|finally|next)\b,?\s+/i;
const FIRST = /^(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|and|also|please)\b[,:]?\s+/i;
/** Words with which another piece of work begins after "and" or a comma. */
const VERBS =
  "search|remember|recall|check|get|find|fetch|look|work out|calculate|compute|add up|multiply|read|open|show|list|tell|compare|remind|what|what's|how|which|convert|summari[sz]e|write|send|print";
const AND_VERB = new RegExp(
  String.raw`(?:,?\s+and\s+(?:also\s+)?|[,;]\s+(?:also\s+)?)(?=(?:${VERBS})\b)` +
    // Two sums in one sentence: "3*4 and 5*6".
    String.raw`|(?<=\d)\s*(?:,|,?\s+and)\s+(?=\d[\d.,]*\s*(?:[-+*/^×]|times\b|plus\b|minus\b))`,
  "i",
);
/** More steps than this are no longer read. */
const MAX_PARTS = 30;

/** The steps of a task, in order: list items, sentences, "first … then …", "… and check …". */
export function splitSteps(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const items = lines.filter((line) => LIST_ITEM.test(line));
  // A heading above a list ("Do the following:") is no step of its own.
  const sources = items.length > 1 ? items.map((item) => item.replace(LIST_ITEM, "")) : lines;
  return sources
    .flatMap((line) => line.split(/(?<=[^\d\s][.!?]|\d[!?.])\s+(?=\p{L}|\d)/u))
    .flatMap((sentence) => sentence.split(ORDER))
    .flatMap(splitPieces)
    .slice(0, MAX_PARTS);
}

/** Independent pieces of work in one sentence: "work out 2+2 and check the weather in Oslo". */
export function splitPieces(sentence: string): string[] {
  // "First, what is…": the comma behind an opening word is no border between two pieces.
  return sentence.trim().replace(FIRST, "").split(AND_VERB)
    .map((part) => part.trim().replace(FIRST, "").trim())
    .filter((part) => /[\p{L}\d]/u.test(part));
}

/** Whether a text asks for one thing after the other, so that it is one task. */
export function isOrdered(text: string): boolean {
  return ORDER.test(text) || /^\s*(?:first|1[.)])\b/i.test(text) || /\n/.test(text.trim());
}
