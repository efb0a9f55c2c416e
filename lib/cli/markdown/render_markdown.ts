/**
 * Markdown as lines for a terminal. Parsed by `marked`; what comes out is text and styles, never a
 * byte that could move a cursor: `paint` makes it harmless.
 */
import { Lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { lineBreaks } from "../line_breaks.ts";
import { plainLine, roomForLine, sliceLine, type StyledLine, textOf } from "../styled_line.ts";
import type { Look } from "../terminal.ts";
import { inlineLines } from "./inline.ts";
import { renderTable } from "./table.ts";

/** Rules are no longer than this. */
const RULE_WIDTH = 40;
/** What is indented further than leaves this many columns is not indented any more. */
const LEAST_WIDTH = 16;

/** Line breaks count: who writes in lines, as in a poem or an address, means them. */
const OPTIONS = { gfm: true, breaks: true } as const;

/** A whole Markdown text, a blank line wherever the source has one. */
export function renderMarkdown(source: string, look: Look): StyledLine[] {
  let tokens: Token[];
  try {
    tokens = new Lexer(OPTIONS).lex(source);
  } catch {
    // Nested deeper than the parser goes: no person wrote that.
    return source.split("\n").map((line) => plainLine(line));
  }
  return renderBlocks(tokens, look);
}

function renderBlocks(tokens: readonly Token[], look: Look): StyledLine[] {
  const lines: StyledLine[] = [];
  let gap = false;
  for (const token of tokens as readonly MarkedToken[]) {
    if (token.type === "space") {
      gap = true;
      continue;
    }
    const block = renderBlock(token, look);
    if (block.length === 0) continue;
    if (lines.length > 0 && (gap || token.type === "heading")) lines.push([]);
    lines.push(...block);
    gap = /\n[ \t]*\n$/.test(token.raw);
  }
  return lines;
}

function renderBlock(token: MarkedToken, look: Look): StyledLine[] {
  switch (token.type) {
    case "heading":
      return renderHeading(token, look);
    case "paragraph":
      return wrapped(inlineLines(token.tokens, look), look.columns);
    case "text":
      return wrapped(inlineLines(token.tokens ?? [token], look), look.columns);
    case "code":
      return renderCode(token, look);
    case "list":
      return renderList(token, look);
    case "blockquote":
      return indented(token.tokens, look, plainLine("│ ", "dim"));
    case "hr":
      return [codeRule("", look)];
    case "table":
      return renderTable(token, look);
    case "checkbox":
      return [];
    default:
      return wrapped(token.raw.trimEnd().split("\n").map((line) => plainLine(line)), look.columns);
  }
}

function renderHeading({ depth, tokens }: Tokens.Heading, look: Look): StyledLine[] {
  const styles = depth === 1 ? ["bold", "underline"] as const : ["bold"] as const;
  const lines = inlineLines(tokens, look).map((line) =>
    line.map((span) => ({ text: span.text, styles: [...span.styles, ...styles] }))
  );
  const mark = look.color ? [] : plainLine(`${"#".repeat(depth)} `);
  return wrapped(lines.map((line, index) => index === 0 ? [...mark, ...line] : line), look.columns);
}

function renderCode({ lang, text, codeBlockStyle }: Tokens.Code, look: Look): StyledLine[] {
  const lines = text.split("\n").map(codeLine);
  // Already set off by its indentation.
  if (codeBlockStyle === "indented") return lines.map((line) => [...plainLine("    "), ...line]);
  return [codeRule(lang ?? "", look), ...lines, codeRule("", look)];
}

/** One line of code: as it is, so that it can be copied; the terminal breaks what is too long. */
export function codeLine(text: string): StyledLine {
  return plainLine(text.replaceAll("\t", "    "), "cyan");
}

/** What stands above and below code. */
export function codeRule(lang: string, { columns }: Look): StyledLine {
  const width = Math.max(1, Math.min(columns, RULE_WIDTH));
  const name = /^\S*/.exec(lang)?.[0].slice(0, Math.max(0, width - 6)) ?? "";
  const label = name === "" ? "" : `── ${name} `;
  const rest = Math.max(0, width - roomForLine(plainLine(label)));
  return plainLine(label + "─".repeat(rest), "dim");
}

function renderList(token: Tokens.List, look: Look): StyledLine[] {
  const first = typeof token.start === "number" ? token.start : 1;
  return token.items.flatMap((item, index) => {
    const number = token.ordered ? `${first + index}. ` : "• ";
    const box = item.task ? `[${item.checked ? "x" : " "}] ` : "";
    const lines = indented(item.tokens, look, plainLine(number, "cyan"), plainLine(box));
    return index > 0 && token.loose ? [[], ...lines] : lines;
  });
}

/**
 * Blocks behind a mark: a list's stands before the first line, a quote's before every one.
 *
 * @param box stands behind a list's mark
 */
function indented(
  tokens: readonly Token[],
  look: Look,
  mark: StyledLine,
  box?: StyledLine,
): StyledLine[] {
  const lead = [...mark, ...box ?? []];
  const width = roomForLine(mark);
  const columns = look.columns - width < LEAST_WIDTH ? look.columns : look.columns - width;
  const isFlat = columns === look.columns;
  const first = box === undefined ? 0 : roomForLine(box);
  const inner = renderBlocks(tokens, { ...look, columns: Math.max(1, columns - first) });
  const lines = inner.length === 0 ? [[]] : inner;
  if (box === undefined) return isFlat ? lines : lines.map((line) => [...mark, ...line]);
  const rest = plainLine(" ".repeat(isFlat ? 0 : width + first));
  if (isFlat) return [lead, ...lines];
  return lines.map((
    line,
    index,
  ) => [...(index === 0 ? lead : line.length === 0 ? [] : rest), ...line]);
}

function wrapped(lines: readonly StyledLine[], columns: number): StyledLine[] {
  return lines.flatMap((line) =>
    lineBreaks(textOf(line), columns).map(([from, to]) => sliceLine(line, from, to))
  );
}
