/** Takes a text apart into the pieces of work that it asks for. */
import { findPlaces } from "./places.ts";
import { recogniseStep } from "./work_steps.ts";

const LIST_ITEM = /^\s*(?:\(?\d{1,2}[.)]|[-*•])\s+/;
const ORDER =
  /[,;.]?\s*\b(?:and )?(?:then|after that|afterwards|finally|next(?! (?:week|weekend|month|year|few|day|days|hour|hours|\d|\w+day)\b))\b,?\s+/i;
const FIRST = /^(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|and|also|plus|please)\b[,:]?\s+/i;
/** "Do these three things", above a list. */
const HEADING_LINE = /:$|\b(?:things?|tasks?|jobs?|these|this|following|steps?)\b/i;
/** Words with which another piece of work begins after "and" or a comma. */
const VERB =
  /^(?:search|remember|recall|check|get|find|fetch|look|work out|calculate|compute|add up|multiply|read|open|show|list|tell|let|give|make|do|book|call|order|play|translate|compare|remind|what|what's|how|who|why|which|convert|summari[sz]e|write|send|print)\b/i;
const SEPARATOR =
  /(?:,\s+(?:and\s+|&\s+)?|\s*;\s*(?:and\s+)?|\s+(?:and|&|as well as|(?<![\d)]\s)plus)\s+)(?:also\s+)?/gi;
/** Asks for an answer to what stands before it, and is no work of its own. */
const FOLLOW_UP =
  /^(?:tell|show|let) (?:me|us) (?:know\b|what (?:it|they|you)\b|(?:the )?results?\b|when\b|how it\b)/i;
/** What is written behind these is kept as it is, whatever it says. */
const FREE_TEXT = /^(?:remind|remember|note|keep in mind|search|look)\b/i;
const COMPARES = /\bcompar|\bdifference\b|\bbetween\b/i;
const ONLY_FILE = /^(?:["'`][^"'`]+["'`]|[\w./-]+\.[A-Za-z]\w{0,7}|https?:\/\/\S+)[?!.]*$/i;
const PLACES_TOOLS = new Set(["get_weather", "current_time"]);
const BEFORE_WEATHER = /^\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*(?:['’]s)? (?:weather|forecast)\b/u;

/** The steps of a task, in order: list items, sentences, "first … then …", "… and check …". */
export function splitSteps(text: string): string[] {
  return linesOf(text)
    .flatMap((line) => line.split(/(?<=[^\d\s][.!?]|\d[!?.])\s+(?=\p{L}|\d)/u))
    .flatMap((sentence) => sentence.split(ORDER))
    .flatMap(splitPieces);
}

function linesOf(text: string): string[] {
  const lines = withItemsOnLines(text).split(/\r?\n/)
    .map((line) => line.trim()).filter((line) => line !== "");
  const start = lines.findIndex((line) => LIST_ITEM.test(line));
  return lines
    // A heading above a list ("Do the following:") is no step of its own.
    .filter((line, index) =>
      index >= start || recogniseStep(line) !== undefined || !HEADING_LINE.test(line)
    )
    .map((line) => line.replace(LIST_ITEM, ""));
}

/** "1. A 2. B" in one line. */
function withItemsOnLines(text: string): string {
  if (!/(?:^|\n|:\s*)\(?1[.)]\s/.test(text)) return text;
  return text.replace(/[\s,;:]+(?=\(?\d{1,2}[.)]\s+\S)/g, "\n");
}

/** Independent pieces of work in one sentence: "work out 2+2 and check the weather in Oslo". */
export function splitPieces(sentence: string): string[] {
  // "First, what is…": the comma behind an opening word is no border between two pieces.
  const pieces: string[] = [];
  for (const { part, separator } of partsOf(sentence.trim().replace(FIRST, ""))) {
    const before = pieces.at(-1);
    if (before !== undefined && belongsTo(before, part)) {
      pieces[pieces.length - 1] = `${before}${separator}${part}`;
    } else pieces.push(completed(before, part.replace(FIRST, "")));
  }
  const found = pieces.map((piece) => piece.trim()).filter((piece) => /[\p{L}\d]/u.test(piece));
  const work = found.filter((piece) => !FOLLOW_UP.test(piece));
  return work.length === 0 ? found : work;
}

/** The parts between separators, each with the one before it. */
function partsOf(sentence: string): { part: string; separator: string }[] {
  const parts = sentence.split(SEPARATOR);
  const separators = ["", ...sentence.matchAll(SEPARATOR).map(([separator]) => separator)];
  return parts.map((part, index) => ({ part, separator: separators[index] ?? "" }))
    .filter(({ part }) => part.trim() !== "");
}

/** Whether a part only goes on with the piece before it. */
function belongsTo(before: string, part: string): boolean {
  const step = recogniseStep(before);
  const own = recogniseStep(part);
  if (FREE_TEXT.test(before)) return own === undefined || !VERB.test(part);
  // "Oslo and Rome weather": the names before one that says what is asked.
  if (step === undefined && BEFORE_WEATHER.test(part)) {
    return /^(?:\w+ )?\p{Lu}[^,]*$/u.test(before);
  }
  if (own !== undefined) return own.tool === step?.tool && COMPARES.test(before);
  if (VERB.test(part)) return false;
  if (step === undefined) return true;
  return PLACES_TOOLS.has(step.tool) && isPlace(part);
}

function isPlace(part: string): boolean {
  return !/^(?:an?|some|my|your|our|the (?=\p{Ll}))\b/u.test(part) &&
    part.split(/\s+/).length <= 8 && findPlaces(`in ${part}`).length === 1;
}

/** "Read a.txt and b.txt": the second name is read too. */
function completed(before: string | undefined, part: string): string {
  const tool = before === undefined ? undefined : recogniseStep(before)?.tool;
  if (!ONLY_FILE.test(part)) return part;
  if (tool === "read_file") return `read ${part}`;
  return tool === "fetch_url" ? `fetch ${part}` : part;
}

/** Whether a text asks for one thing after the other, so that it is one task. */
export function isOrdered(text: string): boolean {
  return ORDER.test(text) || /^\s*first\b/i.test(text);
}
