/** What is told of a result that is kept as a file: enough to know whether to open it. */
import { cutAtBreak } from "../task/cut_at_break.ts";
import { summaryOf } from "../task/summary.ts";

/** More headings than this are counted, not listed. */
const MAX_HEADINGS = 16;
/** Headings are looked for in so much of the text, in UTF-16 units: other tasks wait meanwhile. */
const MAX_OUTLINED_LENGTH = 256 * 1024;
/** Longest heading in the outline, in UTF-16 units. */
const MAX_HEADING_LENGTH = 80;

export interface DigestOptions {
  /** Where the whole is, for people: `artifacts/{task_id}/{name}`. */
  readonly path: string;
  readonly size_bytes: number;
  /** Longest digest, in UTF-16 units. It is never shorter than its first lines need. */
  readonly limit: number;
}

/**
 * The headline, where the whole is and how large, an outline where there are Markdown headings, and
 * the beginning. Pure: the same text always gives the same digest.
 */
export function resultDigest(text: string, { path, size_bytes, limit }: DigestOptions): string {
  const headline = summaryOf(text);
  const size = `${text.length.toLocaleString("en")} characters, ${
    Math.ceil(size_bytes / 1_000).toLocaleString("en")
  } kB`;
  const head = [
    ...(headline === "" ? [] : [headline]),
    `The whole result is the file ${path} (${size}).`,
    ...outlineOf(text, headline),
  ].join("\n\n");
  const beginning = beginningOf(text, headline, limit - head.length - FRAME.length);
  return beginning === "" ? head : `${head}\n\nIt begins:\n\n${beginning}\n\n…`;
}

const FRAME = "\n\nIt begins:\n\n\n\n…";

/** The text behind its headline, or from its start where that is only the headline's beginning. */
function beginningOf(text: string, headline: string, room: number): string {
  if (room <= 0) return "";
  const start = text.trimStart();
  const end = start.indexOf("\n");
  const isWhole = end >= 0 && !headline.endsWith("…") &&
    summaryOf(start.slice(0, end)) === headline;
  return cutAtBreak((isWhole ? start.slice(end) : start).trim(), room);
}

interface Heading {
  readonly level: number;
  readonly title: string;
}

function outlineOf(text: string, headline: string): string[] {
  const all = headingsOf(text).filter(({ title }, index) => index > 0 || title !== headline);
  if (all.length === 0) return [];
  const levels = [...new Set(all.map(({ level }) => level))].sort((a, b) => a - b);
  // The deepest levels go first where there are too many.
  while (levels.length > 1 && countUpTo(all, levels.at(-1)!) > MAX_HEADINGS) levels.pop();
  const kept = all.filter(({ level }) => levels.includes(level)).slice(0, MAX_HEADINGS);
  const lines = kept.map(({ level, title }) =>
    `${"  ".repeat(levels.indexOf(level))}- ${cutAtBreak(title, MAX_HEADING_LENGTH)}`
  );
  const more = all.length - kept.length;
  return ["Its headings:\n" + [...lines, ...(more > 0 ? [`- … and ${more} more`] : [])].join("\n")];
}

function countUpTo(headings: readonly Heading[], deepest: number): number {
  return headings.filter(({ level }) => level <= deepest).length;
}

/** The Markdown headings of a text; what looks like one in a code block is none. */
function headingsOf(text: string): Heading[] {
  const headings: Heading[] = [];
  let fence: string | undefined;
  for (const line of text.slice(0, MAX_OUTLINED_LENGTH).split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]?.slice(0, 3);
    if (mark !== undefined && (fence === undefined || fence === mark)) {
      fence = fence === undefined ? mark : undefined;
      continue;
    }
    const [, hashes, title] = (fence === undefined && /^(#{1,6})\s+(\S.*)$/.exec(line)) || [];
    if (hashes === undefined || title === undefined) continue;
    const plain = summaryOf(title.replace(/\s+#+\s*$/, ""));
    if (plain !== "") headings.push({ level: hashes.length, title: plain });
  }
  return headings;
}
