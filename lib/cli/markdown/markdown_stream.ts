import { StreamSanitizer } from "../sanitize.ts";
import { plainLine, type StyledLine } from "../styled_line.ts";
import type { Look } from "../terminal.ts";
import { type BlockPart, BlockSplitter } from "./block_splitter.ts";
import { codeLine, codeRule, renderMarkdown } from "./render_markdown.ts";

/** Of a line of code that has no end yet, so much is shown at most, in UTF-16 units. */
const SHOWN_OF_LINE = 2_000;

/**
 * Markdown as it streams: lines that will not change any more, and those of the block that is not
 * whole yet. Whatever the pieces, the lines in the end are the same.
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
    return parts.flatMap((part) => {
      switch (part.kind) {
        case "block":
          return this.#gapped(part.gap, renderMarkdown(part.source, this.look()));
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

/** A whole text, made safe, as it would stream. */
export function markdownLines(text: string, look: Look): StyledLine[] {
  const stream = new MarkdownStream(() => look);
  return [...stream.push(text), ...stream.end()];
}
