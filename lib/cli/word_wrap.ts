import { TOKEN } from "./line_breaks.ts";
import { roomFor } from "./text_width.ts";

const PIECE = new RegExp(`\\n|${TOKEN.source}`, "gu");

const LIST_MARK = /^(?:[-*•]|\d{1,3}[.)])$/;

/**
 * Breaks text that comes in pieces between words, so that no line is wider than the terminal. What
 * follows a break stands below the line's first word, in a list behind its mark; a word wider than
 * the terminal is left to it.
 */
export class WordWrap {
  #held = "";
  #column = 0;
  #indent = "";
  #space = "";

  /** @param columns of the terminal */
  constructor(private readonly columns: number) {}

  /** What of the text so far can be shown; the last word is kept until it is known to be whole. */
  push(piece: string): string {
    const tokens = (this.#held + piece).match(PIECE) ?? [];
    this.#held = tokens.at(-1) === "\n" ? "" : tokens.pop() ?? "";
    return tokens.map((token) => this.#take(token)).join("");
  }

  /** The rest, once no more comes. */
  end(): string {
    const rest = this.#take(this.#held);
    this.#held = "";
    this.#beginLine();
    return rest;
  }

  #take(token: string): string {
    if (token === "\n") {
      this.#beginLine();
      return "\n";
    }
    if (token.trim() !== "") return this.#word(token);
    // Kept back: before a break it would be an invisible end of the line.
    this.#space += token.replaceAll("\t", "    ");
    return "";
  }

  #word(word: string): string {
    const space = this.#space;
    this.#space = "";
    const width = roomFor(word);
    if (this.#column === 0) this.#indent = this.#indentOf(space, word, width);
    const fits = this.#column + space.length + width <= this.columns;
    if (fits || this.#column === 0 || this.#indent.length + width > this.columns) {
      const end = this.#column + space.length + width;
      this.#column = (end - 1) % this.columns + 1;
      return space + word;
    }
    this.#column = this.#indent.length + width;
    return "\n" + this.#indent + word;
  }

  #indentOf(space: string, word: string, width: number): string {
    const indent = LIST_MARK.test(word) ? space.length + width + 1 : space.length;
    return indent < this.columns / 2 ? " ".repeat(indent) : "";
  }

  #beginLine(): void {
    this.#column = 0;
    this.#indent = "";
    this.#space = "";
  }
}

/** A whole text, broken between words where it is shown at a terminal. */
export function wrapWords(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  const wrap = new WordWrap(columns);
  return wrap.push(text) + wrap.end();
}
