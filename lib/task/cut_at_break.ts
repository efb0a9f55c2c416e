/** A cut is made at a break where one lies in the last third of what fits; else anywhere. */
const SEARCHED_SHARE = 1 / 3;
/** Room for the line that closes a code block, in UTF-16 units. */
const FENCE_ROOM = 8;
const FENCE = /`{3}|~{3}/;
/** From the best place for a cut to the worst. */
const BREAKS = ["\n\n", "\n", ". ", " "] as const;

/**
 * The beginning of a text for people: it ends with a paragraph, a line, a sentence or a word, and a
 * Markdown code block that is cut in two is closed, so that what follows is no part of it.
 *
 * @param limit in UTF-16 units; shorter texts come back whole
 * @returns at most `limit` units, well-formed
 */
export function cutAtBreak(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  const fits = text.slice(0, limit);
  const head = FENCE.test(fits) ? fits.slice(0, -FENCE_ROOM) : fits;
  const cut = atBreak(head).replace(/[\uD800-\uDBFF]$/, "").trimEnd();
  const fence = openFence(cut);
  return (fence === undefined ? cut : `${cut}\n${fence}`).toWellFormed();
}

function atBreak(head: string): string {
  const from = head.length * (1 - SEARCHED_SHARE);
  for (const mark of BREAKS) {
    const at = head.lastIndexOf(mark);
    if (at >= from) return head.slice(0, mark === ". " ? at + 1 : at);
  }
  return head;
}

function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const [, fence] of text.matchAll(/^ {0,3}(`{3,6}|~{3,6})/gm)) {
    if (open === undefined) open = fence;
    else if (fence?.startsWith(open)) open = undefined;
  }
  return open;
}
