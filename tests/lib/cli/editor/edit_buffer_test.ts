import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  blankLeft,
  bufferOf,
  EMPTY,
  insert,
  left,
  lineEnd,
  lineStart,
  move,
  remove,
  right,
  wordLeft,
  wordRight,
} from "../../../../lib/cli/editor/edit_buffer.ts";
import { graphemesOf } from "../../../../lib/cli/text_width.ts";
import { lineText, typedText } from "./typed_text.ts";

/** The text with a bar where the cursor is. */
const shown = ({ text, cursor }: { text: string; cursor: number }) =>
  `${text.slice(0, cursor)}|${text.slice(cursor)}`;

Deno.test("the cursor goes over whole characters, words and lines", () => {
  const buffer = bufferOf("one two-three 👩‍👩‍👧\nlast");
  assertEquals(shown(move(buffer, lineStart)), "one two-three 👩‍👩‍👧\n|last");
  const before = move(move(buffer, lineStart), left);
  assertEquals(shown(before), "one two-three 👩‍👩‍👧|\nlast");
  assertEquals(shown(move(before, left)), "one two-three |👩‍👩‍👧\nlast");
  assertEquals(shown(move(before, right)), "one two-three 👩‍👩‍👧\n|last");
  assertEquals(shown(move(before, wordLeft)), "one two-|three 👩‍👩‍👧\nlast");
  assertEquals(shown(move({ ...before, cursor: 3 }, wordRight)), "one two|-three 👩‍👩‍👧\nlast");
  assertEquals(shown(move({ ...before, cursor: 3 }, lineEnd)), "one two-three 👩‍👩‍👧|\nlast");
});

Deno.test("remove() gives what was taken, and Ctrl-W takes up to the last space", () => {
  const { rest, killed } = remove(bufferOf("see tools/x.ts  "), blankLeft);
  assertEquals([shown(rest), killed], ["see |", "tools/x.ts  "]);
  assertEquals(shown(remove(bufferOf("a👍🏽"), left).rest), "a|");
  assertEquals(remove(EMPTY, left), { rest: EMPTY, killed: "" });
});

Deno.test("what is typed and then deleted leaves the text as it was", () => {
  fc.assert(fc.property(typedText, fc.constantFrom("x", "日", "👍"), (text, typed) => {
    const buffer = bufferOf(text + " ");
    assertEquals(remove(insert(buffer, typed), left).rest, buffer);
  }));
});

Deno.test("going left through a text and right again is the same way, by graphemes of each line", () => {
  fc.assert(fc.property(typedText, (text) => {
    let buffer = bufferOf(text);
    const places = [buffer.cursor];
    while (buffer.cursor > 0) places.push((buffer = move(buffer, left)).cursor);
    const back = [buffer.cursor];
    while (buffer.cursor < text.length) back.push((buffer = move(buffer, right)).cursor);
    assertEquals(back, places.toReversed());
    const lines = text.split("\n");
    assertEquals(
      places.length,
      lines.flatMap(graphemesOf).length + lines.length,
    );
  }));
});

Deno.test("every target is a place in the text, whatever was typed where", () => {
  const targets = [left, right, wordLeft, wordRight, blankLeft, lineStart, lineEnd];
  const change = fc.tuple(fc.constantFrom(...targets), fc.boolean(), lineText);
  fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
    let buffer = EMPTY;
    for (const [target, removes, typed] of changes) {
      buffer = insert(buffer, typed);
      const length = buffer.text.length;
      if (removes) {
        const { rest, killed } = remove(buffer, target);
        assertEquals(rest.text.length + killed.length, length);
        buffer = rest;
      } else buffer = move(buffer, target);
      assert(buffer.cursor >= 0 && buffer.cursor <= buffer.text.length);
    }
  }));
});
