/** The part of the room that the beginning of a text gets; its end gets the rest. */
const HEAD_SHARE = 0.75;

/**
 * A text without its middle, well-formed UTF-16 (a halved pair would break JSON for some servers).
 *
 * @param limit in UTF-16 units, the note not counted; shorter texts come back whole
 * @param note stands in the gap, told how many units are left out
 */
export function cutMiddle(text: string, limit: number, note: (leftOut: number) => string): string {
  if (text.length <= limit) return text.toWellFormed();
  const head = withoutHalfPair(text.slice(0, Math.floor(limit * HEAD_SHARE)));
  const tail = text.slice(text.length - (limit - Math.floor(limit * HEAD_SHARE)));
  const leftOut = text.length - head.length - tail.length;
  return `${head}\n${note(leftOut)}\n${tail}`.toWellFormed();
}

/** The beginning of a text, well-formed UTF-16. */
export function cutEnd(text: string, limit: number): string {
  return withoutHalfPair(text.slice(0, limit)).toWellFormed();
}

function withoutHalfPair(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
