/** What stands inside a paragraph: emphasis, code, links. Pure. */
import type { MarkedToken, Token } from "marked";
import { harmless, type Span, type StyledLine } from "../styled_line.ts";
import type { Look, Style } from "../terminal.ts";

/** The tokens as lines: more than one where the text has line breaks. */
export function inlineLines(tokens: readonly Token[], look: Look): StyledLine[] {
  const lines: Span[][] = [[]];
  for (const span of spansOf(tokens, [], look)) {
    const [first = "", ...rest] = span.text.split("\n").map(harmless);
    if (first !== "") lines.at(-1)?.push({ ...span, text: first });
    for (const text of rest) lines.push(text === "" ? [] : [{ ...span, text }]);
  }
  return lines;
}

function spansOf(
  tokens: readonly Token[],
  styles: readonly Style[],
  look: Look,
): Span[] {
  return tokens.flatMap((token) => spansOfOne(token as MarkedToken, styles, look));
}

function spansOfOne(token: MarkedToken, styles: readonly Style[], look: Look): Span[] {
  const within = (inner: readonly Token[], ...more: Style[]) =>
    spansOf(inner, [...styles, ...more], look);
  switch (token.type) {
    case "strong":
      return within(token.tokens, "bold");
    case "em":
      return within(token.tokens, "italic");
    case "del":
      return marked(within(token.tokens, "strikethrough"), "~~", styles, look);
    case "codespan":
      return marked([{ text: token.text, styles: [...styles, "cyan"] }], "`", styles, look);
    case "br":
      return [{ text: "\n", styles }];
    case "link":
      return linkSpans(token, within(token.tokens), styles);
    case "image":
      return linkSpans(token, [{ text: token.text || "image", styles }], styles);
    case "text":
      if (token.tokens !== undefined) return within(token.tokens);
      return [{ text: decoded(token.text), styles }];
    case "checkbox":
      return [];
    case "escape":
      return [{ text: decoded(token.text), styles }];
    default:
      // HTML, and what else there may be, stays as it was written.
      return [{ text: token.raw, styles }];
  }
}

// Without colours this would otherwise say something else, or look like any other word.
function marked(
  spans: Span[],
  mark: string,
  styles: readonly Style[],
  { color }: Look,
): Span[] {
  return color ? spans : [{ text: mark, styles }, ...spans, { text: mark, styles }];
}

// The address is shown, once: what a link hides behind its words cannot be judged.
function linkSpans(
  { href, text }: { readonly href: string; readonly text: string },
  spans: Span[],
  styles: readonly Style[],
): Span[] {
  const address = href.replace(/^mailto:/, "");
  if (text === "" || text === address || text === href) {
    return [{ text: address, styles: [...styles, "underline"] }];
  }
  return [...spans, { text: ` (${address})`, styles: [...styles, "dim"] }];
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "");
}
