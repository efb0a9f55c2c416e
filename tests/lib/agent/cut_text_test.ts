import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cutEnd, cutMiddle } from "../../../lib/agent/cut_text.ts";

const text = fc.string({ unit: "grapheme-composite", maxLength: 400 });

Deno.test("cutMiddle() keeps both ends, says how much is missing and halves no pair", () => {
  fc.assert(fc.property(text, fc.integer({ min: 2, max: 300 }), (whole, limit) => {
    const cut = cutMiddle(whole, limit, (leftOut) => `<${leftOut}>`);
    assert(cut.isWellFormed());
    if (whole.length <= limit) return assertEquals(cut, whole);
    const [, head = "", leftOut = "", tail = ""] = /^(.*?)\n<(\d+)>\n(.*)$/s.exec(cut) ?? [];
    assertEquals(head.length + Number(leftOut) + tail.length, whole.length);
    assert(head.length + tail.length <= limit);
    assert(whole.startsWith(head));
    // The first unit of the end may be half a pair, which shows as a replacement character.
    assert(whole.endsWith(tail.replace(/^\uFFFD/, "")));
  }));
});

Deno.test("cutMiddle() mends half a pair in a text that is short enough", () => {
  assertEquals(cutMiddle("a\uD83D", 10, () => ""), "a\uFFFD");
});

Deno.test("cutEnd() keeps the beginning and halves no pair", () => {
  assertEquals(cutEnd("ab😀c", 3), "ab");
  assertEquals(cutEnd("ab😀c", 4), "ab😀");
  assertEquals(cutEnd("ab", 4), "ab");
});
