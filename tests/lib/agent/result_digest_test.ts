import { assert, assertEquals } from "@std/assert";
import { resultDigest } from "../../../lib/agent/result_digest.ts";

const digest = (text: string, limit = 4_000) =>
  resultDigest(text, { path: "artifacts/t1/result.md", size_bytes: 123_456, limit });

const FILL = "A sentence that fills a line of this long report.\n\n".repeat(400);

Deno.test("resultDigest() has headline, file and size, outline and beginning", () => {
  const text =
    `# **Oslo** is the cheapest of the six\n\n## Prices\n\nA table.\n\n### By month\n\n` +
    "```sh\n# no heading\n```\n\n## Method ##\n\n" + FILL;
  assertEquals(
    digest(text, 380),
    [
      "Oslo is the cheapest of the six",
      `The whole result is the file artifacts/t1/result.md (${
        text.length.toLocaleString("en")
      } characters, 124 kB).`,
      "Its headings:\n- Prices\n  - By month\n- Method",
      "It begins:",
      "## Prices",
      "A table.",
      "### By month",
      "```sh\n# no heading\n```",
      "## Method ##",
      "A sentence that fills a line of this long report.",
      "A sentence that fills a line of this long report.",
      "…",
    ].join("\n\n"),
  );
});

Deno.test("resultDigest() begins at the start where the first line is longer than a headline", () => {
  const text = `${"word ".repeat(100)}\n${FILL}`;
  const [headline, , begins, start] = digest(text).split("\n\n");
  assert(headline?.endsWith("…") && headline.length <= 200);
  assertEquals(begins, "It begins:");
  assert(start?.startsWith("word ".repeat(99)));
});

Deno.test("resultDigest() lists at most sixteen headings, the higher ones first, and counts the rest", () => {
  const many = Array.from({ length: 15 }, (_, n) => `## Part ${n}\n### Detail of ${n}\n`).join("");
  const parts = digest(`Done.\n${many}${FILL}`);
  assert(parts.includes("- Part 14\n- … and 15 more\n\n"), parts);
  assert(!parts.split("It begins:")[0]?.includes("Detail"));
  const flat = Array.from({ length: 40 }, (_, n) => `# Part ${n}\n`).join("");
  assert(digest(`Done.\n${flat}`).includes("- Part 15\n- … and 24 more\n\n"));
});

Deno.test("resultDigest() stays within its limit wherever the text breaks", () => {
  for (const text of [FILL, "x".repeat(70_000), "😀".repeat(40_000), "\n".repeat(70_000)]) {
    const told = digest(text);
    assert(told.length <= 4_000 && told.isWellFormed(), `${told.length}`);
    assert(told.includes("artifacts/t1/result.md"));
  }
});
