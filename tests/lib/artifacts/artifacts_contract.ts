/**
 * What artifacts owe wherever they are kept: run by each engine's test file.
 *
 * Not in it, since only one engine has it: links and directories in their place, and removing all of
 * a task's (files; on Redis the queue's prune does that in one step); a limit of size, and writers
 * that have lost their lease (Redis).
 */
import { assertEquals, assertRejects } from "@std/assert";
import type { Artifacts } from "../../../lib/artifacts/artifacts.ts";
import { type Declare, declareTest, type TestOptions } from "../../support/redis_server.ts";

/** The artifacts of one place, as two processes have them; the first holds the tasks x and xx. */
export interface ArtifactsUnderTest {
  readonly artifacts: Artifacts;
  readonly other: Artifacts;
}

export type WithArtifacts = (test: (parts: ArtifactsUnderTest) => Promise<void>) => Promise<void>;

export const bytes = (text: string) => new TextEncoder().encode(text);

/** Declares the tests of the whole contract for one engine. */
export function testArtifactsContract(
  engine: string,
  withArtifacts: WithArtifacts,
  declare: Declare = declareTest,
): void {
  const test = (name: string, body: Parameters<WithArtifacts>[0], options?: TestOptions) =>
    declare(`${engine}: ${name}`, () => withArtifacts(body), options);

  test("artifacts are kept, listed, replaced and read back", async ({ artifacts, other }) => {
    assertEquals(await artifacts.list("x"), []);
    assertEquals(await artifacts.write("x", "b.txt", bytes("one")), "b.txt");
    await artifacts.write("x", "a.txt", bytes(""));
    await artifacts.write("x", "b.txt", bytes("two"));
    await artifacts.write("xx", "c.txt", bytes("three"));
    assertEquals(await other.list("x"), ["a.txt", "b.txt"]);
    assertEquals(await other.read("x", "b.txt"), bytes("two"));
    assertEquals(await other.read("x", "b.txt", 2), bytes("tw"));
    assertEquals(await other.read("x", "a.txt"), bytes(""));
    assertEquals(await other.read("x", "c.txt"), undefined);
    const sizes = await Promise.all(
      ["a.txt", "b.txt", "c.txt"].map((name) => other.size("x", name)),
    );
    assertEquals(sizes, [0, 3, undefined]);
  });

  test("bytes come back as they were, whatever they are", async ({ artifacts, other }) => {
    const all = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
    // A part of a larger buffer, as readers give them.
    await artifacts.write("x", "all.bin", all.subarray(7));
    assertEquals(await other.size("x", "all.bin"), all.length - 7);
    const read = await other.read("x", "all.bin") ?? new Uint8Array();
    assertEquals(read.every((byte, i) => byte === (i + 7) % 251), true);
    assertEquals(read.length, all.length - 7);
  }, { large: true });

  test("write() refuses names that are no plain file name", async ({ artifacts }) => {
    for (const name of ["", ".hidden", "../x", "a/b", "a b", "x".repeat(101), "ä"]) {
      const error = await assertRejects(() => artifacts.write("x", name, bytes("")), RangeError);
      assertEquals(
        error.message,
        `cannot keep an artifact named ${JSON.stringify(name)}: expected 1 to 100 of the ` +
          "characters A-Z a-z 0-9 . _ - without a dot at the beginning",
      );
      assertEquals(await artifacts.read("x", name), undefined);
      assertEquals(await artifacts.size("x", name), undefined);
    }
  });
}
