/**
 * Markdown that comes in pieces, cut into blocks: each can be rendered on its own, and none that was
 * given out is changed by what follows. The cuts depend on the text alone, not on its pieces.
 *
 * Code between fences is given out line by line, and everything else is cut at a length: so however
 * long an answer is, only little of it is parsed more than once.
 */

/** Something whole. */
export type BlockPart =
  | { readonly kind: "block"; readonly source: string; readonly gap: boolean }
  | { readonly kind: "code_begins"; readonly lang: string; readonly gap: boolean }
  | { readonly kind: "code_line"; readonly text: string }
  | { readonly kind: "code_ends" };

/** A longer block, or line outside of code, is cut, in UTF-16 units. */
const MAX_BLOCK = 4_000;
/** A table cannot be cut without losing its columns; at this length it is. */
const MAX_TABLE = 16_000;

const BLANK = /^\s*$/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const FENCE = /^( *)(`{3,}(?=[^`]*$)|~{3,})\s*(.*)$/;
const ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
/** Only these may follow a paragraph without a blank line. */
const INTERRUPTING_ITEM = /^ {0,3}(?:[-*+]|1[.)])\s/;
const INSIDE_LIST = /^(?: {2,}|\t)\s*\S/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/;

interface Fence {
  readonly mark: string;
  readonly indent: number;
}

export class BlockSplitter {
  #line = "";
  #block = "";
  #kind: "none" | "text" | "list" | "table" = "none";
  /** Set while the code of a fence is given out line by line. */
  #fence: Fence | undefined;
  /** A fence that is open inside of a list. */
  #nested: Fence | undefined;
  #blankSeen = false;
  #gap = false;
  #parts: BlockPart[] = [];

  push(text: string): BlockPart[] {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#take(this.#cut(line));
    this.#line = this.#cut(this.#line);
    return this.#given();
  }

  /** The rest, once no more comes. */
  end(): BlockPart[] {
    if (this.#line !== "") this.#take(this.#line);
    this.#line = "";
    if (this.#fence !== undefined) this.#parts.push({ kind: "code_ends" });
    this.#fence = undefined;
    this.#flush();
    this.#gap = false;
    return this.#given();
  }

  /** What has come of the block that is not whole yet. */
  get rest(): { readonly source: string; readonly gap: boolean; readonly code: boolean } {
    return { source: this.#block + this.#line, gap: this.#gap, code: this.#fence !== undefined };
  }

  #given(): BlockPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  // A line without an end is given out in parts, each up to a space where there is one.
  #cut(line: string): string {
    let rest = line;
    while (this.#fence === undefined && rest.length > MAX_BLOCK) {
      const space = rest.lastIndexOf(" ", MAX_BLOCK);
      const at = space > 0 ? space + 1 : wholeCharacters(rest, MAX_BLOCK);
      this.#take(rest.slice(0, at));
      this.#flush();
      rest = rest.slice(at);
    }
    return rest;
  }

  #take(line: string): void {
    if (this.#fence !== undefined) return this.#code(line, this.#fence);
    if (this.#nested !== undefined) return this.#nestedCode(line, this.#nested);
    if (BLANK.test(line)) return this.#blank(line);
    // Markdown would take what follows the last item for a part of it; who breaks the line there
    // mostly does not mean that.
    if (this.#kind === "list" && !ITEM.test(line) && !INSIDE_LIST.test(line)) {
      this.#flush(this.#blankSeen);
    }
    if (HEADING.test(line)) return this.#heading(line);
    const fence = FENCE.exec(line);
    if (fence !== null) return this.#opened(line, fence);
    if (this.#kind === "text" && INTERRUPTING_ITEM.test(line) && !RULE.test(line)) this.#flush();
    this.#add(line);
  }

  #blank(line: string): void {
    if (this.#kind !== "list") return this.#flush(true);
    this.#block += line + "\n";
    this.#blankSeen = true;
  }

  #heading(line: string): void {
    this.#flush();
    this.#gap = true;
    this.#add(line);
    this.#flush();
  }

  #opened(line: string, [, spaces = "", mark = "", lang = ""]: RegExpExecArray): void {
    const fence = { mark, indent: spaces.length };
    if (this.#kind === "list" && fence.indent >= 2) {
      this.#nested = fence;
      return this.#add(line);
    }
    // Further in it is no fence but indented text.
    if (fence.indent > 3) return this.#add(line);
    this.#flush();
    this.#fence = fence;
    this.#parts.push({ kind: "code_begins", lang, gap: this.#gap });
    this.#gap = false;
  }

  #code(line: string, fence: Fence): void {
    if (!closes(line, fence)) {
      const text = line.replace(new RegExp(`^ {0,${fence.indent}}`), "");
      this.#parts.push({ kind: "code_line", text });
      return;
    }
    this.#fence = undefined;
    this.#parts.push({ kind: "code_ends" });
  }

  #nestedCode(line: string, fence: Fence): void {
    if (closes(line, fence)) this.#nested = undefined;
    this.#add(line);
    // Cut inside of it: the rest goes on as code of its own.
    if (this.#kind !== "none" || this.#nested === undefined) return;
    this.#nested = undefined;
    this.#fence = fence;
    this.#parts.push({ kind: "code_begins", lang: "", gap: false });
  }

  #add(line: string): void {
    if (this.#kind === "none") this.#kind = ITEM.test(line) && !RULE.test(line) ? "list" : "text";
    if (this.#kind === "text" && line.includes("|") && TABLE_RULE.test(line)) this.#kind = "table";
    this.#block += line + "\n";
    this.#blankSeen = false;
    if (this.#block.length >= (this.#kind === "table" ? MAX_TABLE : MAX_BLOCK)) this.#flush();
  }

  /** @param gap whether a blank line follows */
  #flush(gap = false): void {
    const hadGap = this.#blankSeen;
    if (this.#block !== "") {
      this.#parts.push({ kind: "block", source: this.#block, gap: this.#gap });
      this.#gap = false;
    }
    this.#gap ||= gap || hadGap;
    this.#block = "";
    this.#kind = "none";
    this.#blankSeen = false;
  }
}

function closes(line: string, { mark }: Fence): boolean {
  const text = line.trim();
  return text.length >= mark.length && text === mark.charAt(0).repeat(text.length);
}

function wholeCharacters(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
