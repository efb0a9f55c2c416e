import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { findIn, MAX_LENGTH, partOf } from "../../../lib/conversation/excerpts.ts";

Deno.test("partOf() gives a text in parts that add up to it", () => {
  const pieces = fc.constantFrom("word ", "\n", "\n\n", "```\n", "😀", ". ", "é");
  const lists = fc.array(pieces, { maxLength: 80 });
  fc.assert(fc.property(lists, fc.integer({ min: 12, max: 90 }), (all, length) => {
    const whole = all.join("");
    let offset = 0;
    let parts = 0;
    for (;;) {
      const part = partOf(whole, offset, length);
      assert(part.text.length <= length && part.text.isWellFormed());
      if (part.next_offset === undefined) {
        assertEquals(part.text, whole.slice(offset));
        break;
      }
      assert(part.next_offset > offset && part.next_offset - offset <= length);
      const kept = whole.slice(offset, part.next_offset);
      assert(part.text.startsWith(kept) || !kept.isWellFormed(), JSON.stringify([kept, part]));
      offset = part.next_offset;
      assert(parts++ < whole.length);
    }
  }));
});

Deno.test("partOf() gives empty lines as they are where a cut would leave nothing", () => {
  const whole = "```\n\n\n\nword ```\n";
  assertEquals(partOf(whole, 3, 12), { text: "\n\n\n\nword ```", offset: 3, next_offset: 15 });
});

Deno.test("partOf() never gives more than its most, and nothing behind the end", () => {
  const whole = "x".repeat(50_000);
  const part = partOf(whole, 0, 1e9);
  assert(part.text.length <= MAX_LENGTH && part.next_offset === part.text.length);
  assertEquals(partOf(whole, 60_000, 10), { text: "", offset: 50_000 });
});

Deno.test("findIn() finds a phrase whatever its case and spaces, with what stands around it", () => {
  const whole = `${"a ".repeat(1_000)}The Ferry\n  to Moss.${" b".repeat(1_000)}`;
  const { matches, count } = findIn(whole, "ferry to MOSS");
  assertEquals([count, matches.length], [1, 1]);
  const { text, offset } = matches[0]!;
  assert(text.includes("The Ferry\n  to Moss.") && text.length < 700);
  assertEquals(whole.slice(offset, offset + text.length), text);
});

Deno.test("findIn() shows places close together as one, and at most eight of many", () => {
  const near = findIn("the price is high. ".repeat(4), "price");
  assertEquals([near.count, near.matches.length], [4, 1]);
  const many = findIn(`price ${"x".repeat(2_000)} `.repeat(30), "price");
  assertEquals([many.count, many.matches.length], [30, 8]);
  const flood = findIn("e".repeat(100_000), "e");
  assertEquals(flood.count, 1_000);
  assert(flood.matches.reduce((sum, { text }) => sum + text.length, 0) < 20_000);
});

Deno.test("findIn() falls back to single words and says so; signs mean themselves", () => {
  const whole = "The ferry leaves at nine (a.m.). Moss is far.";
  assertEquals(findIn(whole, "ferry for Moss").single_words, true);
  assertEquals(findIn(whole, "(a.m.)").count, 1);
  assertEquals(findIn(whole, "a..."), { matches: [], count: 0 });
  assertEquals(findIn(whole, "an of"), { matches: [], count: 0 });
  assertEquals(findIn(whole, "  "), { matches: [], count: 0 });
});
