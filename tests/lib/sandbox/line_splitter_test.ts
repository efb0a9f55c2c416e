import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineSplitter } from "../../../lib/sandbox/line_splitter.ts";

/** What a splitter made of a stream that came in the given chunks. */
function split(
  chunks: readonly Uint8Array[],
  message_bytes = 1000,
): { messages: string[]; stray: number; tooLong: boolean } {
  const seen = { messages: [] as string[], stray: 0, tooLong: false };
  const splitter = new LineSplitter({
    token: "token",
    message_bytes,
    onMessage: (text) => seen.messages.push(text),
    onStray: (bytes) => seen.stray += bytes,
    onTooLong: () => seen.tooLong = true,
  });
  for (const chunk of chunks) splitter.push(chunk);
  return seen;
}

const bytes = (text: string) => new TextEncoder().encode(text);

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(whole.subarray(at, at + size));
    at += size;
  }
  return [...chunks, whole.subarray(at)];
}

Deno.test("push() finds the same messages in every cut of a stream", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }).map((s) => "token " + s.replaceAll("\n", "")),
    fc.constantFrom("", "t", "token", "tokens are", "stray", "token", " token x"),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 0, max: 9 })), (lines, sizes) => {
      const whole = bytes(lines.map((text) => text + "\n").join(""));
      const isMessage = (text: string) => text.startsWith("token ");
      const seen = split(cut(whole, sizes));
      assertEquals(
        seen.messages,
        lines.filter(isMessage).map((text) => text.slice(6).toWellFormed()),
      );
      const stray = lines.filter((text) => !isMessage(text)).map((text) => bytes(text).length + 1);
      assertEquals(seen.stray, stray.reduce((sum, n) => sum + n, 0));
    }),
  );
});

Deno.test("push() counts what never ends in a line break while it comes", () => {
  assertEquals(split(Array.from({ length: 100 }, () => bytes("x".repeat(1000)))).stray, 100_000);
});

Deno.test("push() gives up on a message that is too long and reads nothing more", () => {
  const seen = split([bytes("token " + "x".repeat(2000)), bytes("\ntoken next\n")]);
  assert(seen.tooLong);
  assertEquals(seen.messages, []);
});
