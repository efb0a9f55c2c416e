import { htmlToMarkdown } from "@mdream/js";
import type { Kind } from "./content_type.ts";

// Of hostile pages of this length the slowest known one takes 3 s and 250 MB.
const HTML_LENGTH = 5_000_000;

/** A page as Markdown, its title on top and its links absolute; other text as it is. */
export function readableText(text: string, kind: Kind, url: URL): string {
  const readable = kind === "html" ? markdown(text.slice(0, HTML_LENGTH), url) : text;
  // deno-lint-ignore no-control-regex
  return readable.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "").trim();
}

function markdown(html: string, url: URL): string {
  return htmlToMarkdown(html, {
    origin: url.href,
    clean: {
      emptyLinks: true,
      emptyImages: true,
      emptyLinkText: true,
      redundantLinks: true,
      selfLinkHeadings: true,
      blankLines: true,
    },
  });
}
