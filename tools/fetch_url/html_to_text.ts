import { htmlToMarkdown } from "@mdream/js";

/** HTML as Markdown: the title on top, links and images absolute. */
export function htmlToText(html: string, url: string): string {
  // Of the library's own cleaning, that of links takes time in the square of a text's length.
  return htmlToMarkdown(html, { origin: url })
    .replace(/!\[\]\([^()\s]*\)/g, "")
    .replace(/\n{3,}/g, "\n\n");
}
