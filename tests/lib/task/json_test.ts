import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  describe,
  formatObject,
  JsonError,
  parseObject,
  plainNumber,
} from "../../../lib/task/json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const roundTrip = (text: string) => JSON.stringify(parseObject(bytes(text)));

Deno.test("parseObject() gives back the digits that a double cannot hold", () => {
  for (
    const number of [
      "12345678901234567890",
      "-12345678901234567890",
      "0.12345678901234567890",
      "123456789.12345678901",
      "1e400",
      "1E5",
      "-0",
      "5e-324",
    ]
  ) {
    assertEquals(roundTrip(`{"n":${number}}`), `{"n":${number}}`);
    assertEquals(roundTrip(`{"a":[${number}]}`), `{"a":[${number}]}`);
  }
});

Deno.test("parseObject() keeps an own __proto__ as a field like any other", () => {
  const text = '{"__proto__":{"x":1},"constructor":null}';
  assertEquals(roundTrip(text), text);
  assertEquals(Object.getPrototypeOf(parseObject(bytes(text))), Object.prototype);
});

Deno.test("parseObject() reads a byte order mark as nothing", () => {
  assertEquals(parseObject(bytes('\ufeff{"a":1}')), { a: 1 });
});

const REFUSED: [Uint8Array, string][] = [
  [new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), "the file is not UTF-8 text"],
  [bytes(""), "the file is empty, expected a JSON object"],
  [bytes(" \n\t"), "the file is empty, expected a JSON object"],
  [bytes("[]"), "expected a JSON object, got an array"],
  [bytes("null"), "expected a JSON object, got null"],
  [bytes('"text"'), 'expected a JSON object, got "text"'],
  [bytes("12345678901234567890"), "expected a JSON object, got 12345678901234567890"],
  [bytes(`{"a":${"[".repeat(100)}${"]".repeat(100)}}`), "the JSON is nested over 100 deep"],
  [bytes("[".repeat(1_000_000)), "the JSON is nested over 100 deep"],
];

Deno.test("parseObject() says in one clause why a text is no object", () => {
  for (const [content, message] of REFUSED) {
    assertEquals(assertThrows(() => parseObject(content), JsonError).message, message);
  }
  const torn = assertThrows(() => parseObject(bytes('{"a":')), JsonError);
  assert(torn.message.startsWith("the file is not JSON ("), torn.message);
});

Deno.test("parseObject() does not count brackets inside texts", () => {
  const text = `{"a":"${"[{".repeat(200)}\\"${"[".repeat(200)}"}`;
  assertEquals(roundTrip(text), text);
});

Deno.test("parseObject() reads every object that formatObject() writes", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (object) => {
    const text = formatObject(object);
    assertEquals(formatObject(parseObject(bytes(text))), text);
  }));
});

Deno.test("parseObject() throws nothing but a JsonError on any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
    try {
      parseObject(content);
    } catch (error) {
      assert(error instanceof JsonError);
    }
  }));
});

Deno.test("plainNumber() makes a number of kept digits and leaves the rest", () => {
  const { n, m } = parseObject(bytes('{"n":1e2,"m":"1e2"}'));
  assertEquals(plainNumber(n), 100);
  assertEquals(plainNumber(m), "1e2");
});

Deno.test("describe() names a value in a few words", () => {
  assertEquals(
    [null, undefined, [], {}, 1, true, "a", "x".repeat(70)].map(describe),
    [
      "null",
      "nothing",
      "an array",
      "an object",
      "1",
      "true",
      '"a"',
      `"${"x".repeat(49)}… (72 characters)`,
    ],
  );
});
