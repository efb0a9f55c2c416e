import stringWidth from "string-width";

/** Columns that a text takes at a terminal; wide characters take two. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The text, filled with spaces to a width. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The text, cut to a width with an ellipsis; whole characters stay whole. */
export function truncateTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let columns = 1;
  for (const { segment } of segmenter.segment(text)) {
    columns += widthOf(segment);
    if (columns > width) break;
    kept += segment;
  }
  return kept + "…";
}
