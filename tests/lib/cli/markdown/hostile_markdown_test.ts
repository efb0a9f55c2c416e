/** Markdown that was made to keep its reader busy, or to overflow its stack. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  BoundedLexer,
  MAX_DELIMITERS,
  MAX_LEXED,
  MAX_NESTING,
} from "../../../../lib/cli/markdown/bounded_lexer.ts";
import { markdownLines, MAX_RENDERED } from "../../../../lib/cli/markdown/markdown_stream.ts";
import { renderMarkdown } from "../../../../lib/cli/markdown/render_markdown.ts";
import { textOf } from "../../../../lib/cli/styled_line.ts";
import { roomFor } from "../../../../lib/cli/text_width.ts";

const look = { columns: 80, color: true };
const MAX_BLOCK = 4_000;

const lazy = (levels: number) => {
  const quotes = "> ".repeat(levels) + "a\n";
  return quotes + "b\n".repeat((MAX_BLOCK - quotes.length) / 2);
};

const HOSTILE: Readonly<Record<string, string>> = {
  "lists and quotes": "1. > ".repeat(600),
  "lists": "+ ".repeat(1_000),
  "lists and quotes again": "- > ".repeat(700),
  "lists over lines": Array.from({ length: 60 }, (_, i) => " ".repeat(2 * i) + "- a").join("\n"),
  "quotes that go on without saying so": lazy(900),
  "as deep as may be, going on": lazy(MAX_NESTING - 1),
  "quotes without spaces": ">".repeat(1_300) + "a\n" + "b\n".repeat(1_300),
  "strong": "**a ".repeat(1_000),
  "strong and not": "_a __b ".repeat(500),
  "brackets": "[a](".repeat(1_000),
  "columns": "|a".repeat(2_000) + "|\n" + "|-".repeat(2_000) + "|\n" + "|a|\n".repeat(2_000),
};

/** UTF-16 units that were lexed, whether it came to an end or not. */
function work(source: string): number {
  const lexer = new BoundedLexer();
  try {
    lexer.lex(source);
  } catch {
    // It was too much.
  }
  return lexer.lexed;
}

for (const [name, source] of Object.entries(HOSTILE)) {
  Deno.test(`bounded work and output: ${name}`, () => {
    assert(work(source) <= MAX_LEXED + source.length);
    const lines = renderMarkdown(source, look);
    const shown = lines.map(textOf).join("\n");
    assert(shown.includes("a") || /[+>]/.test(shown));
    assert(shown.length <= 50 * source.length, `${shown.length}`);
  });
}

Deno.test("random nests and delimiters never throw, and neither work nor output explodes", () => {
  const piece = fc.constantFrom(
    ...["> ", ">", "- ", "+ ", "1. ", "* ", "**", "_", "__", "~~", "[", "](", ")", "`", "<", "|"],
    ...["a", "b\n", "\n", "\n\n", "  ", "    ", "|-|\n", "# ", "```\n", "![", "\\", "&lt;"],
  );
  const run = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.nat({ max: 1_000 }))
    .map(([pieces, times]) => pieces.join("").repeat(times + 1));
  const text = fc.array(run, { minLength: 1, maxLength: 4 })
    .map((runs) => runs.join("").slice(0, MAX_BLOCK));
  const columns = fc.integer({ min: 1, max: 120 });
  fc.assert(
    fc.property(text, columns, (source, width) => {
      const lines = renderMarkdown(source, { columns: width, color: false });
      const length = lines.reduce((sum, line) => sum + textOf(line).length + 1, 0);
      assert(length <= 1_000 + 130 * source.length, `${length} of ${source.length}`);
      assert(work(source) <= MAX_LEXED + source.length);
    }),
    { numRuns: 60 },
  );
});

Deno.test("what is nested too deep is shown as it is, and what is not, as lists", () => {
  const deep = "> ".repeat(MAX_NESTING + 1) + "word";
  assertThrows(() => new BoundedLexer().lex(deep), RangeError, "nested too deep");
  assertEquals(renderMarkdown(deep, look).map(textOf), [deep]);
  assertEquals(renderMarkdown("> > > word", look).map(textOf), ["│ │ │ word"]);
});

Deno.test("of too many delimiters none is one; those of another paragraph are", () => {
  const many = "*a* ".repeat(MAX_DELIMITERS).trim();
  const few = renderMarkdown("*a* b", look);
  const lines = renderMarkdown(`${many}\n\n*a* b`, look);
  assertEquals(lines.slice(0, -2).map(textOf).join(" "), many);
  assertEquals(lines.slice(-1), few);
});

Deno.test("no indentation takes more than half of the columns", () => {
  for (const columns of [20, 40, 80]) {
    const [line = []] = renderMarkdown("> ".repeat(MAX_NESTING - 1) + "word", {
      columns,
      color: true,
    });
    const gutter = textOf(line).replace("word", "");
    assert(roomFor(gutter) <= columns / 2, `${columns}: "${gutter}"`);
  }
});

Deno.test("of a text that comes in one piece the beginning is rendered, the rest is as it was", () => {
  const paragraph = "some **bold** words\n\n";
  const lines = markdownLines(paragraph.repeat(2 * MAX_RENDERED / paragraph.length), look);
  const rendered = lines.filter((line) => textOf(line) === "some bold words").length;
  const plain = lines.filter((line) => textOf(line) === "some **bold** words").length;
  assertEquals(rendered, Math.floor(MAX_RENDERED / (paragraph.length - 1)));
  assertEquals(rendered + plain, 2 * MAX_RENDERED / paragraph.length | 0);
});
