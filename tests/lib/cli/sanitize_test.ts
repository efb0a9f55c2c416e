import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { sanitize, sanitizeLine, StreamSanitizer } from "../../../lib/cli/sanitize.ts";

Deno.test("sanitize() removes escape sequences whole and keeps newline and tab", () => {
  assertEquals(sanitize("a\x1b[31mred\x1b[0m\tb\nc"), "ared\tb\nc");
  assertEquals(sanitize("title\x1b]0;owned\x07!"), "title!");
  assertEquals(sanitize("a\x1b[2J\x1b[Hb\x07\x08\x7f\x9b31mc"), "abc");
  assertEquals(sanitize("one\r\ntwo\rthree"), "one\ntwothree");
});

Deno.test("sanitize() removes bidi controls and keeps other scripts and emoji", () => {
  assertEquals(sanitize("evil\u202egnp.exe\u2066\u200f"), "evilgnp.exe");
  assertEquals(sanitize("日本 שלום 👩‍👩‍👧 é"), "日本 שלום 👩‍👩‍👧 é");
});

Deno.test("sanitizeLine() gives one line", () => {
  assertEquals(sanitizeLine("  a\n\n b\tc\x1b[1m "), "a b c");
});

Deno.test("sanitize() leaves no control character in any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const controls = [...sanitize(text)].filter((c) => /[\p{Cc}\u202a-\u202e]/u.test(c));
    assertEquals(controls.filter((c) => c !== "\n" && c !== "\t"), []);
  }));
});

Deno.test("StreamSanitizer removes a sequence that is split between pieces", () => {
  const sanitizer = new StreamSanitizer();
  const shown = ["a\x1b", "[3", "1mred", "\x1b]0;ti", "tle\x07 end", "\ud83d", "\ude00", "\x1b["];
  assertEquals(
    shown.map((piece) => sanitizer.push(piece)).join("") + sanitizer.end(),
    "ared end😀[",
  );
});

Deno.test("StreamSanitizer gives the same whatever the pieces", () => {
  const piece = fc.constantFrom(
    ..."ab\x1b[;1mK]0\x07\\P_^\x9b\x9d\x9c (",
    "😀",
    "\x1b[2J",
    "\x1b]8;;x\x1b\\",
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 5 }), (whole, size) => {
    const sanitizer = new StreamSanitizer();
    let shown = "";
    for (let at = 0; at < whole.length; at += size) {
      shown += sanitizer.push(whole.slice(at, at + size));
    }
    assertEquals(shown + sanitizer.end(), sanitize(whole));
  }));
});

Deno.test("sanitize() goes through text once, however many sequences begin and do not end", () => {
  const openers = [
    "\u0090",
    "\u0098",
    "\u009b",
    "\u009d",
    "\u009e",
    "\u009f",
    "\u001b]",
    "\u001b[",
  ];
  // Quadratic it would take minutes, and the test's own limit would end it.
  for (const opener of openers) assertEquals(sanitize(opener.repeat(400_000) + "end").at(-1), "d");
});
