import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Key, keyName } from "../../../../lib/cli/editor/key.ts";
import { KeyDecoder } from "../../../../lib/cli/editor/key_decoder.ts";

const shown = (key: Key) =>
  key.text === undefined ? keyName(key) : key.pasted ? `paste ${key.text}` : `text ${key.text}`;

function keys(...pieces: string[]): string[] {
  const decoder = new KeyDecoder();
  const pressed = pieces.flatMap((piece) => decoder.push(piece));
  return [...pressed, ...decoder.flush()].map(shown);
}

Deno.test("typed text comes in one piece, controls by their names", () => {
  assertEquals(keys("héllo 日👩‍👩‍👧\r"), ["text héllo 日👩‍👩‍👧", "enter"]);
  assertEquals(keys("\x01\x17\n\t\x7f\x03\x00"), [
    "ctrl-a",
    "ctrl-w",
    "ctrl-j",
    "tab",
    "backspace",
    "ctrl-c",
    "ctrl-space",
  ]);
});

Deno.test("sequences of several terminals name the same keys", () => {
  assertEquals(keys("\x1b[A\x1bOA\x1b[1;5C\x1b[1;3D"), ["up", "up", "ctrl-right", "alt-left"]);
  assertEquals(keys("\x1b[H\x1b[1~\x1b[7~\x1bOF\x1b[4~"), ["home", "home", "home", "end", "end"]);
  assertEquals(keys("\x1b[3~\x1b[3;5~\x1b[5~"), ["delete", "ctrl-delete", "page-up"]);
  assertEquals(keys("\x1b\r\x1b[13;2u\x1b[27;2;13~\x1b[Z"), [
    "alt-enter",
    "shift-enter",
    "shift-enter",
    "shift-tab",
  ]);
  assertEquals(keys("\x1bb\x1b\x7f\x1bF"), ["alt-b", "alt-backspace", "alt-f"]);
});

Deno.test("a paste is text whatever is in it, also when its marks come in pieces", () => {
  const pasted = ["text a", "paste one\r\x1b[2Jtwo\x03", "enter"];
  assertEquals(keys("a\x1b[200~one\r\x1b[2Jtwo\x03\x1b[201~\r"), pasted);
  assertEquals(keys(..."a\x1b[200~one\r\x1b[2Jtwo\x03\x1b[201~\r".split("")), pasted);
});

Deno.test("what is no key is nothing, and never typed text", () => {
  assertEquals(keys("\x1b[R\x1b[?62;c\x1b[<0;10;10M\x1b[I\x1b[99~x"), ["text x"]);
  assertEquals(keys("\x1b[12;4"), []);
});

Deno.test("a terminal's answer where its cursor is comes as such", () => {
  assertEquals(new KeyDecoder().push("\x1b[12;40R"), [{ name: "cursor-report", column: 39 }]);
});

Deno.test("Esc is a key once nothing follows it", () => {
  const decoder = new KeyDecoder();
  assertEquals([decoder.push("\x1b"), decoder.waits], [[], true]);
  assertEquals(decoder.flush().map(shown), ["escape"]);
  assertEquals(keys("\x1b\x1b[A"), ["escape", "up"]);
});

Deno.test("the keys are the same however the bytes come", () => {
  const piece = fc.constantFrom(
    "a",
    "日",
    "\r",
    "\x1b[A",
    "\x1b[1;5D",
    "\x1bOH",
    "\x1b[200~p\rq\x1b[201~",
    "\x1b[27;5;13~",
    "\x03",
    "\x1bf",
  );
  fc.assert(fc.property(fc.array(piece), fc.integer({ min: 1, max: 4 }), (pieces, size) => {
    const bytes = pieces.join("");
    const cut = bytes.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    assertEquals(joined(keys(...cut)), joined(keys(bytes)));
  }));
});

// Text may come in more pieces.
function joined(names: readonly string[]): string {
  return names.join("|").replaceAll("|text ", "").replaceAll("text ", "");
}
