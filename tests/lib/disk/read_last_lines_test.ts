import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DenoDisk } from "../../../lib/disk/deno_disk.ts";
import { readLastLines } from "../../../lib/disk/read_last_lines.ts";
import { TempDir } from "../../support/storage_fixture.ts";

async function lastLines(dir: string, text: string, limit: number): Promise<string> {
  await Deno.writeTextFile(`${dir}/lines`, text);
  const file = new DenoDisk().open(`${dir}/lines`, "append")!;
  try {
    return new TextDecoder().decode(await readLastLines(file, limit));
  } finally {
    file.close();
  }
}

Deno.test("readLastLines() begins with a whole line, whatever the limit cuts", async () => {
  await using dir = await TempDir.make();
  const text = "one\ntwo\nthree\n";
  const expected: readonly [number, string][] = [
    [14, text],
    [13, "two\nthree\n"],
    [10, "two\nthree\n"],
    [9, "three\n"],
    [6, "three\n"],
    [5, ""],
    [0, ""],
  ];
  for (const [limit, answer] of expected) {
    assertEquals(await lastLines(dir.path, text, limit), answer, String(limit));
  }
});

Deno.test("readLastLines() gives a torn last line, and the end of one longer than the limit", async () => {
  await using dir = await TempDir.make();
  assertEquals(await lastLines(dir.path, "one\ntwo\nthr", 5), "thr");
  assertEquals(await lastLines(dir.path, "", 5), "");
  assertEquals(await lastLines(dir.path, "0123456789", 4), "56789");
});

Deno.test("readLastLines() gives the longest end of whole lines that fits, of any lines", async () => {
  await using dir = await TempDir.make();
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "😀"), maxLength: 6 }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(lines, fc.nat(60), async (all, limit) => {
      const ends = all.map((_, i) => all.slice(i).map((line) => line + "\n").join(""));
      const size = (text: string) => new TextEncoder().encode(text).length;
      const expected = ends.find((end) => size(end) <= limit) ?? "";
      assertEquals(await lastLines(dir.path, ends[0]!, limit), expected);
    }),
    { numRuns: 200 },
  );
});
