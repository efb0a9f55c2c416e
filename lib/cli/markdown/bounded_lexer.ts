/**
 * `marked`'s lexer with an end to its work: what a model sends may be made to keep it busy. Some
 * texts of a few thousand characters take it seconds, and others are nested deeper than the stack.
 */
import { Lexer, type Token, type TokensList } from "marked";

/** Lists and quotes within each other, and emphasis within emphasis: nobody writes more. */
export const MAX_NESTING = 24;
/** Characters of one piece of text that may begin or end something; of more, none does. */
export const MAX_DELIMITERS = 250;
/**
 * UTF-16 units lexed for one source, all told: each is lexed once for each list or quote it stands
 * in, and again for each line that goes on with a quote without saying so.
 */
export const MAX_LEXED = 200_000;
/** What a cell, item or paragraph costs besides: of empty cells there may be millions. */
const EACH = 8;

/** Line breaks count: who writes in lines, as in a poem or an address, means them. */
const OPTIONS = { gfm: true, breaks: true } as const;

const DELIMITERS = /[*_~`[\]<!\\]/g;
/** What begins lists and quotes at a line's beginning. */
const CONTAINERS = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))+/gm;
const CONTAINER = />|[-+*]|\d+[.)]/g;

export class BoundedLexer extends Lexer {
  #lexed = 0;
  #depth = 0;

  constructor() {
    super(OPTIONS);
  }

  /** UTF-16 units lexed so far. */
  get lexed(): number {
    return this.#lexed;
  }

  /** @throws {RangeError} where the source would take more than it may */
  override lex(source: string): TokensList {
    for (const [marks] of source.matchAll(CONTAINERS)) {
      if ((marks.match(CONTAINER)?.length ?? 0) > MAX_NESTING) throw tooMuch();
    }
    return super.lex(source);
  }

  override blockTokens(source: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(
    source: string,
    tokens?: TokensList,
    lastParagraphClipped?: boolean,
  ): TokensList;
  override blockTokens(
    source: string,
    tokens?: Token[],
    lastParagraphClipped?: boolean,
  ): Token[] {
    return this.#counted(source, () => super.blockTokens(source, tokens, lastParagraphClipped));
  }

  override inline(source: string, tokens?: Token[]): Token[] {
    this.#count(EACH);
    return super.inline(source, tokens);
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    return this.#counted(source, () => {
      if ((source.match(DELIMITERS)?.length ?? 0) <= MAX_DELIMITERS) {
        return super.inlineTokens(source, tokens);
      }
      tokens.push({ type: "text", raw: source, text: source, escaped: false });
      return tokens;
    });
  }

  #counted<T>(source: string, lex: () => T): T {
    this.#count(source.length);
    if (this.#depth > MAX_NESTING) throw tooMuch();
    this.#depth++;
    try {
      return lex();
    } finally {
      this.#depth--;
    }
  }

  #count(units: number): void {
    this.#lexed += units;
    if (this.#lexed > MAX_LEXED) throw tooMuch();
  }
}

function tooMuch(): RangeError {
  return new RangeError("Cannot read the text as Markdown: it is nested too deep or too often");
}
