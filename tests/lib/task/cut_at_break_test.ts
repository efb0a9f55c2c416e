import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cutAtBreak } from "../../../lib/task/cut_at_break.ts";

Deno.test("cutAtBreak() prefers a paragraph's end, then a line's, a sentence's, a word's", () => {
  const fill = "x".repeat(75);
  const cut = (end: string) => cutAtBreak(`${fill} ${end}${"y".repeat(100)}`, 100);
  assertEquals(cut("a b. c d\ne\n\nf"), `${fill} a b. c d\ne`);
  assertEquals(cut("a b. c d\nef"), `${fill} a b. c d`);
  assertEquals(cut("a b. c d"), `${fill} a b.`);
  assertEquals(cut("a b"), `${fill} a`);
  assertEquals(cutAtBreak("x".repeat(200), 100), "x".repeat(100));
});

Deno.test("cutAtBreak() passes over a break that would cost most of the text", () => {
  const text = `a\n\n${"x".repeat(200)}`;
  assertEquals(cutAtBreak(text, 100), text.slice(0, 100));
});

Deno.test("cutAtBreak() closes a code block that it cuts in two, and only that", () => {
  const block = `${"word ".repeat(8)}\n\`\`\`\n${"line\n".repeat(40)}\`\`\`\n`;
  assertEquals(cutAtBreak(block, 120).split("\n").at(-1), "```");
  const solid = cutAtBreak(`\`\`\`\n${"x".repeat(200)}`, 100);
  assert(solid.length <= 100 && solid.endsWith("x\n```"), solid);
  const closed = `\`\`\`\nline\n\`\`\`\n${"word ".repeat(40)}`;
  assertEquals(cutAtBreak(closed, 100).match(/```/g)?.length, 2);
});

Deno.test("cutAtBreak() never gives more than the limit, half a character, or another text", () => {
  const pieces = fc.constantFrom(
    "word ",
    "\n",
    "\n\n",
    "```\n",
    "~~~~\n",
    "😀",
    ". ",
    "\ud800",
    "é",
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 60 }),
      fc.integer({ min: 20, max: 120 }),
      (all, n) => {
        const text = all.join("");
        const cut = cutAtBreak(text, n);
        assert(cut.length <= n && cut.isWellFormed(), JSON.stringify([text, n, cut]));
        const kept = cut.replace(/\n(`{3,}|~{3,})$/, "");
        assert(text.toWellFormed().startsWith(kept), JSON.stringify([text, n, cut]));
      },
    ),
  );
});
