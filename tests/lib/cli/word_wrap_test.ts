import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { widthOf } from "../../../lib/cli/text_width.ts";
import { WordWrap, wrapWords } from "../../../lib/cli/word_wrap.ts";

Deno.test("wrapWords() breaks between words and keeps the indentation of lines and lists", () => {
  assertEquals(wrapWords("the quick brown fox", 10), "the quick\nbrown fox");
  assertEquals(wrapWords("  one two three", 10), "  one two\n  three");
  assertEquals(wrapWords("- one two three", 9), "- one two\n  three");
  assertEquals(wrapWords(" 1. one two", 10), " 1. one\n    two");
  assertEquals(wrapWords("exactly 10\n\nnext", 10), "exactly 10\n\nnext");
  assertEquals(wrapWords("left as it is where nobody sees it", undefined).includes("\n"), false);
});

Deno.test("wrapWords() leaves what is wider than the terminal whole", () => {
  assertEquals(wrapWords("see https://example.com/x now", 10), "see https://example.com/x now");
});

Deno.test("wrapWords() breaks what is written without spaces, not before its punctuation", () => {
  assertEquals(wrapWords("今日は晴れ。明日は雨", 10), "今日は晴\nれ。明日は\n雨");
});

Deno.test("WordWrap gives the same lines however the text is cut, none too wide, no word lost", () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const words = fc.array(word, { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(words, fc.integer({ min: 8, max: 30 }), fc.nat(9), (list, columns, cut) => {
    const text = list.join(" ");
    const wrap = new WordWrap(columns);
    let shown = "";
    for (let i = 0; i < text.length; i += cut + 1) shown += wrap.push(text.slice(i, i + cut + 1));
    shown += wrap.end();
    assertEquals(shown, wrapWords(text, columns));
    assertEquals(shown.split(/\s/), list);
    assert(shown.split("\n").every((line) => widthOf(line) <= columns), shown);
  }));
});
