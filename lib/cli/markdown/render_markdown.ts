/**
 * Markdown as lines for a terminal. Parsed by `marked`; what comes out is text and styles, never a
 * byte that could move a cursor: `paint` makes it harmless.
 */
import type { MarkedToken, Token, Tokens } from "marked";
import { lineBreaks } from "../line_breaks.ts";
import { plainLine, roomForLine, sliceLine, type StyledLine, textOf } from "../styled_line.ts";
import type { Look } from "../terminal.ts";
import { BoundedLexer } from "./bounded_lexer.ts";
import { inlineLines } from "./inline.ts";
import { renderTable } from "./table.ts";

/** Rules are no longer than this. */
const RULE_WIDTH = 40;
/** What is indented further than leaves this many columns is not indented any more. */
const LEAST_WIDTH = 16;

/** The look of a block within others. */
interface BlockLook extends Look {
  /** Columns that no indentation may take. */
  readonly least: number;
}

/**
 * A whole Markdown text, a blank line wherever the source has one. Never throws, and its work is
 * bounded: what nobody would write so, and what cannot be rendered, is shown as it is.
 */
export function renderMarkdown(source: string, look: Look): StyledLine[] {
  const least = Math.max(LEAST_WIDTH, Math.ceil(look.columns / 2));
  try {
    return renderBlocks(new BoundedLexer().lex(source), { ...look, least });
  } catch {
    return plainText(source, look);
  }
}

/** A text as it was written, broken between words. */
export function plainText(source: string, { columns }: Look): StyledLine[] {
  return wrapped(source.trimEnd().split("\n").map((line) => plainLine(line)), columns);
}

function renderBlocks(tokens: readonly Token[], look: BlockLook): StyledLine[] {
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

function renderBlock(token: MarkedToken, look: BlockLook): StyledLine[] {
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
      return plainText(token.raw, look);
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

function renderList(token: Tokens.List, look: BlockLook): StyledLine[] {
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
  look: BlockLook,
  mark: StyledLine,
  box?: StyledLine,
): StyledLine[] {
  const lead = [...mark, ...box ?? []];
  const width = roomForLine(mark);
  const first = box === undefined ? 0 : roomForLine(box);
  const isFlat = look.columns - width < look.least;
  const columns = isFlat ? look.columns : look.columns - width;
  const inner = renderBlocks(tokens, { ...look, columns: isFlat ? columns : columns - first });
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
