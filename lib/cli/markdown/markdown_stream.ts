import { StreamSanitizer } from "../sanitize.ts";
import { plainLine, type StyledLine } from "../styled_line.ts";
import type { Look } from "../terminal.ts";
import { type BlockPart, BlockSplitter } from "./block_splitter.ts";
import { codeLine, codeRule, plainText, renderMarkdown } from "./render_markdown.ts";

/** Of a line of code that has no end yet, so much is shown at most, in UTF-16 units. */
const SHOWN_OF_LINE = 2_000;
/**
 * Of one piece so much is read as Markdown, in UTF-16 units; what follows is shown as it is. Keys
 * are heard between pieces only, and what streams comes in far smaller ones.
 */
export const MAX_RENDERED = 32_000;

/**
 * Markdown as it streams: lines that will not change any more, and those of the block that is not
 * whole yet. Whatever the pieces, up to {@linkcode MAX_RENDERED}, the lines in the end are the same.
 */
export class MarkdownStream {
  readonly #sanitizer = new StreamSanitizer();
  readonly #splitter = new BlockSplitter();
  #begun = false;

  /** @param look asked anew for each block: a terminal may be resized */
  constructor(private readonly look: () => Look) {}

  /** The lines that have become final with this piece. */
  push(piece: string): StyledLine[] {
    return this.#rendered(this.#splitter.push(this.#sanitizer.push(piece)));
  }

  /** The rest, once no more comes. */
  end(): StyledLine[] {
    const rest = this.#splitter.push(this.#sanitizer.end());
    return this.#rendered([...rest, ...this.#splitter.end()]);
  }

  /** The lines of the block that is not whole yet, as they would be if nothing followed. */
  unfinished(): StyledLine[] {
    const { source, gap, code } = this.#splitter.rest;
    if (source === "") return [];
    if (code) return [codeLine(source.slice(-SHOWN_OF_LINE))];
    const lines = renderMarkdown(source, this.look());
    return gap && this.#begun && lines.length > 0 ? [[], ...lines] : lines;
  }

  #rendered(parts: readonly BlockPart[]): StyledLine[] {
    let left = MAX_RENDERED;
    return parts.flatMap((part) => {
      switch (part.kind) {
        case "block":
          left -= part.source.length;
          return this.#gapped(part.gap, blockLines(part.source, this.look(), left >= 0));
        case "code_begins":
          return this.#gapped(part.gap, [codeRule(part.lang, this.look())]);
        case "code_line":
          return [codeLine(part.text)];
        case "code_ends":
          return [codeRule("", this.look())];
      }
    });
  }

  #gapped(gap: boolean, lines: StyledLine[]): StyledLine[] {
    if (lines.length === 0) return [];
    const before = gap && this.#begun ? [plainLine("")] : [];
    this.#begun = true;
    return [...before, ...lines];
  }
}

function blockLines(source: string, look: Look, isMarkdown: boolean): StyledLine[] {
  return isMarkdown ? renderMarkdown(source, look) : plainText(source, look);
}

/** A whole text, made safe: its first {@linkcode MAX_RENDERED} as it would stream, then as it is. */
export function markdownLines(text: string, look: Look): StyledLine[] {
  const stream = new MarkdownStream(() => look);
  return [...stream.push(text), ...stream.end()];
}
