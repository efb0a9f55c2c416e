/** What a result or an error says, in one line: for lists, folded notifications and the model. */

/** Longest summary, in UTF-16 units. */
export const MAX_SUMMARY_LENGTH = 200;

/** More of a text is not looked at, in UTF-16 units: a result may be megabytes of empty lines. */
const MAX_TEXT_LENGTH = 64 * 1024;
/** More of a line is not looked at, in UTF-16 units. */
const MAX_LINE_LENGTH = 2_000;

/** Lines that only structure Markdown: fences, rules, table rules. */
const STRUCTURE = /^(?:`{3,}.*|~{3,}.*|[-*_=\s]{3,}|[|:\s-]{3,})$/;

/**
 * The first line that says something, without Markdown's marks, as one line.
 *
 * @returns at most `max` UTF-16 units, well-formed; "" where the text says nothing
 */
export function summaryOf(text: string, max: number = MAX_SUMMARY_LENGTH): string {
  for (const whole of text.slice(0, MAX_TEXT_LENGTH).split("\n")) {
    const line = whole.slice(0, MAX_LINE_LENGTH);
    if (STRUCTURE.test(line.trim())) continue;
    const plain = withoutMarks(line);
    if (plain !== "") return cut(plain, max);
  }
  return "";
}

/** What an ended task's record says in one line, also where an older release has written it. */
export function summaryOfEnd(
  { summary, result, error }: {
    readonly summary?: string | undefined;
    readonly result?: string | undefined;
    readonly error?: { readonly message: string } | undefined;
  },
): string {
  return summary ?? summaryOf(error?.message ?? result ?? "");
}

/** What a notification says in one line, also one that an older release has written. */
export function summaryOfNotification(
  { summary, message }: { readonly summary?: string | undefined; readonly message: string },
): string {
  return summary ?? summaryOf(message);
}

function withoutMarks(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}\s+|>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)]\s+)+/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])\*(?=\S)([^*]+)(?<=\S)\*(?![\w*])/g, "$1")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

function cut(line: string, max: number): string {
  if (line.length <= max) return line.toWellFormed();
  const kept = line.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept.trimEnd().toWellFormed()}…`;
}
