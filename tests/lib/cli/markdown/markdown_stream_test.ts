import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MarkdownStream } from "../../../../lib/cli/markdown/markdown_stream.ts";
import { sanitize } from "../../../../lib/cli/sanitize.ts";
import { paint, type StyledLine, textOf } from "../../../../lib/cli/styled_line.ts";
import { roomFor } from "../../../../lib/cli/text_width.ts";
import { markdownText } from "./markdown_text.ts";

const look = (columns: number, color = true) => ({ columns, color });

function streamed(pieces: readonly string[], columns: number, color = true): StyledLine[] {
  const stream = new MarkdownStream(() => look(columns, color));
  const lines: StyledLine[] = [];
  for (const piece of pieces) {
    lines.push(...stream.push(piece));
    stream.unfinished();
  }
  return [...lines, ...stream.end()];
}

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
const columns = fc.integer({ min: 8, max: 100 });

Deno.test("whatever the pieces, the lines are those of the whole", () => {
  fc.assert(fc.property(markdownText, sizes, columns, (text, pieces, width) => {
    assertEquals(streamed(cut(text, pieces), width), streamed([text], width));
  }));
});

Deno.test("what is finished is never taken back: it and the unfinished are the whole so far", () => {
  fc.assert(fc.property(markdownText, columns, (text, width) => {
    const stream = new MarkdownStream(() => look(width));
    const lines = cut(text, [7]).flatMap((piece) => stream.push(piece));
    const before = lines.length;
    assertEquals([...lines, ...stream.end()].slice(0, before), lines);
  }));
});

Deno.test("no line moves the cursor or is an escape sequence of the text's own", () => {
  fc.assert(fc.property(markdownText, columns, fc.boolean(), (text, width, color) => {
    for (const line of streamed([text], width, color)) {
      const painted = paint(line, { color });
      // deno-lint-ignore no-control-regex
      const bare = painted.replace(/\x1b\[[0-9;]*m/g, "");
      assertEquals(bare, sanitize(bare));
      assert(!/[\n\t]/.test(bare));
      if (!color) assertEquals(painted, bare);
    }
  }));
});

Deno.test("no line is wider than the terminal but code and what cannot be broken", () => {
  fc.assert(fc.property(markdownText, columns, (text, width) => {
    for (const line of streamed([text], width)) {
      const shown = textOf(line);
      const isCode = line.some(({ styles }) => styles.includes("cyan")) || /^ {4}/.test(shown);
      const word = Math.max(0, ...shown.split(" ").map(roomFor));
      // A word stands behind what marks its list or quote.
      if (!isCode && word < width - 16) assert(roomFor(shown) <= width, `${width}: "${shown}"`);
    }
  }));
});

Deno.test("every word of a text that is no Markdown is there, once and in order", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  const text = fc.array(fc.oneof(word, fc.constant("\n"), fc.constant("\n\n")), { maxLength: 200 })
    .map((words) => words.join(" "));
  fc.assert(fc.property(text, sizes, columns, (words, pieces, width) => {
    const lines = streamed(cut(words, pieces), width);
    const shown = lines.map(textOf).join(" ").split(/\s+/).filter((one) => one !== "");
    assertEquals(shown, words.split(/\s+/).filter((one) => one !== ""));
  }));
});

Deno.test("what follows a list without being indented is no part of it", () => {
  const text = "Forecast:\n- rain\n- sun,\n  later\nOther places: none\n\n- a\n\n  still a\n\nend";
  assertEquals(streamed([text], 40).map(textOf), [
    "Forecast:",
    "• rain",
    "• sun,",
    "  later",
    "Other places: none",
    "",
    "• a",
    "",
    "  still a",
    "",
    "end",
  ]);
});

Deno.test("a long line, a long list and 100 kB of code are given out bit by bit", () => {
  const shapes = [
    "word ".repeat(20_000),
    "x".repeat(100_000),
    "- an item of a list\n".repeat(5_000),
    "a line of a paragraph\n".repeat(5_000),
    "```\n" + "let x = 1; // code\n".repeat(6_000),
    "- item\n  ```\n" + "  let x = 1; // code\n".repeat(6_000),
    "> quoted\n".repeat(10_000),
    "[".repeat(10_000),
  ];
  for (const text of shapes) {
    const stream = new MarkdownStream(() => look(80));
    let longest = 0;
    for (const piece of cut(text, [1_000])) {
      stream.push(piece);
      longest = Math.max(longest, stream.unfinished().map(textOf).join("\n").length);
    }
    assert(longest < 8_000, `${text.slice(0, 10)}: ${longest}`);
  }
});
