import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeText } from "../../../tools/fetch_url/decode_text.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const ascii = (text: string) => new Uint8Array(new TextEncoder().encode(text));

Deno.test("decodeText() goes by the mark, then the header, then what the text says of itself", () => {
  const meta = '<html><head><meta http-equiv=x content="text/html; charset=koi8-r">';
  const cyrillic = bytes(...ascii(meta), 0xd0, 0xd2);
  assertEquals(decodeText(cyrillic, undefined), { text: `${meta}пр`, charset: "koi8-r" });
  assertEquals(decodeText(cyrillic, "iso-8859-1").text, `${meta}ÐÒ`);
  const xml = '<?xml version="1.0" encoding="shift_jis"?>';
  assertEquals(decodeText(bytes(...ascii(xml), 0x82, 0xa0), undefined).text, `${xml}あ`);
  const marked = bytes(0xef, 0xbb, 0xbf, 0xc3, 0xa9);
  assertEquals(decodeText(marked, "iso-8859-1"), { text: "é", charset: "utf-8" });
  assertEquals(decodeText(bytes(0xff, 0xfe, 0xe9, 0), "utf-8"), { text: "é", charset: "utf-16le" });
  assertEquals(decodeText(bytes(0xfe, 0xff, 0, 0xe9), undefined).charset, "utf-16be");
});

Deno.test("decodeText() takes what says nothing for UTF-8, else for Windows-1252", () => {
  assertEquals(decodeText(ascii("é"), undefined), { text: "é", charset: "utf-8" });
  const western = bytes(0x80, 0x20, 0xe9, 0x20);
  assertEquals(decodeText(western, undefined), { text: "€ é ", charset: "windows-1252" });
  // Read up to the middle of a character.
  assertEquals(decodeText(bytes(...ascii("aé"), 0xc3), undefined).charset, "utf-8");
});

Deno.test("decodeText() says so when an encoding is unknown or wrong", () => {
  assertEquals(decodeText(ascii("é"), "x-klingon"), {
    text: "é",
    charset: "utf-8",
    note: 'The encoding "x-klingon" is not known, so the text was read as utf-8.',
  });
  assertEquals(decodeText(bytes(0x61, 0xe9, 0x61), "utf-8"), {
    text: "a\ufffda",
    charset: "utf-8",
    note: "Some of the text is not utf-8 as it claims to be, and is shown as \ufffd.",
  });
  const lie = '<meta charset="utf-16">é';
  assertEquals(decodeText(ascii(lie), undefined), { text: lie, charset: "utf-8" });
});

Deno.test("decodeText() never throws", () => {
  const label = fc.oneof(
    fc.constant(undefined),
    fc.constantFrom("utf-7", "gb18030", "replacement"),
  );
  const data = fc.uint8Array().map((array) => new Uint8Array(array));
  fc.assert(fc.property(data, label, (array, named) => void decodeText(array, named)));
});
