import { assert, assertEquals, assertMatch } from "@std/assert";
import { withTool } from "./project_tools.ts";

async function fill(directory: string): Promise<void> {
  const workspace = `${directory}/workspace`;
  for (const name of ["reports/old", ".git", "node_modules/x"]) {
    await Deno.mkdir(`${workspace}/${name}`, { recursive: true });
  }
  const files: Record<string, string> = {
    "notes.txt": "Buy milk\nCall Åse\nbuy bread (2)\nend\n",
    "reports/may.md": "# May\r\n\r\nRevenue: 12\r\n",
    "reports/old/april.md": "# April\nRevenue: 7\nCosts: 9\n",
    "reports/old/data.csv": "a,b\n1,2\n",
    ".git/config": "buy nothing",
    "node_modules/x/index.md": "buy nothing",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${workspace}/${name}`, text);
  }
  await Deno.writeFile(`${workspace}/picture.png`, new Uint8Array([98, 117, 121, 0, 1]));
  await Deno.writeTextFile(`${directory}/secret.txt`, "buy a secret");
  await Deno.symlink(`${directory}/secret.txt`, `${workspace}/out.txt`);
  await Deno.symlink(directory, `${workspace}/outside`);
  await Deno.symlink(workspace, `${workspace}/round`);
}

Deno.test("search_files finds files and lines of the workspace and nothing else", async (t) => {
  await withTool("search_files", { before: fill }, async (run, { directory }) => {
    await t.step("files by name, at any depth or from the path on", async () => {
      assertEquals(
        await run({ glob: "*" }),
        "notes.txt\npicture.png\nreports/may.md\nreports/old/april.md\nreports/old/data.csv",
      );
      assertEquals(await run({ glob: "*.md" }), "reports/may.md\nreports/old/april.md");
      assertEquals(await run({ glob: "reports/*.md" }), "reports/may.md");
      assertEquals(await run({ glob: "./**/old/*.{md,txt}" }), "reports/old/april.md");
      assertEquals(
        await run({ glob: "old/*", path: "reports", limit: 1 }),
        [
          "reports/old/april.md",
          '[Stopped at 1 file; there may be more. Narrow it with "path", "glob" or a longer text, ' +
          'or raise "limit" (at most 500).]',
        ].join("\n"),
      );
      assertEquals(await run({ glob: "*.pdf" }), 'No file is named like "*.pdf" among 12 names.');
    });
    await t.step("lines by text", async () => {
      const binary = "[Passed over as no text: 1 file.]";
      assertEquals(await run({ text: "buy" }), `notes.txt:3: buy bread (2)\n${binary}`);
      assertEquals(
        await run({ text: "BUY", ignore_case: true }),
        `notes.txt:1: Buy milk\nnotes.txt:3: buy bread (2)\n${binary}`,
      );
      assertEquals(
        await run({ text: "åse", ignore_case: true, glob: "*.txt" }),
        [
          "notes.txt:2: Call Åse",
        ].join("\n"),
      );
      assertEquals(await run({ text: "(2)", glob: "*.txt" }), "notes.txt:3: buy bread (2)");
      assertEquals(await run({ text: "b.y", glob: "*.txt" }), "Nothing found in 1 file.");
      assertEquals(await run({ text: "tea", glob: "*.md" }), "Nothing found in 2 files.");
    });
    await t.step("lines by regular expression", async () => {
      assertEquals(
        await run({ regex: "^Revenue: \\d+$", path: "reports" }),
        [
          "reports/may.md:3: Revenue: 12",
          "reports/old/april.md:2: Revenue: 7",
        ].join("\n"),
      );
      assertEquals(
        await run({ regex: "\\u00c5(?<rest>\\p{L}+)", glob: "*.txt" }),
        [
          "notes.txt:2: Call Åse",
        ].join("\n"),
      );
    });
    await t.step("with the lines around them", async () => {
      assertEquals(
        await run({ text: "Revenue", context_lines: 1 }),
        [
          "reports/may.md-2- ",
          "reports/may.md:3: Revenue: 12",
          "--",
          "reports/old/april.md-1- # April",
          "reports/old/april.md:2: Revenue: 7",
          "reports/old/april.md-3- Costs: 9",
          "[Passed over as no text: 1 file.]",
        ].join("\n"),
      );
      assertEquals(
        await run({ regex: "milk|bread", glob: "*.txt", context_lines: 1 }),
        [
          "notes.txt:1: Buy milk",
          "notes.txt-2- Call Åse",
          "notes.txt:3: buy bread (2)",
          "notes.txt-4- end",
        ].join("\n"),
      );
    });
    await t.step("what is outside", async () => {
      for (const path of ["..", "outside", "/etc", `${directory}/workspace/outside`]) {
        assertEquals(
          await run({ text: "secret", path }),
          `Error: The tool "search_files" failed: "${path}" is outside the workspace, expected a ` +
            "path inside it.",
        );
      }
      assertEquals(
        await run({ text: "secret" }),
        [
          "Nothing found in 5 files.",
          "[Passed over as no text: 1 file.]",
        ].join("\n"),
      );
    });
    await t.step("what was not asked well", async () => {
      const error = async (args: unknown) =>
        (await run(args)).replace('Error: The tool "search_files" failed: ', "");
      assertEquals(
        await error({}),
        'nothing to look for was named, expected "glob" for names, "text" or "regex" for lines.',
      );
      assertEquals(
        await error({ text: "a", regex: "b" }),
        '"text" and "regex" were both given, expected one of them.',
      );
      assertEquals(
        await error({ text: "a\nb" }),
        "the text has several lines, expected part of one line.",
      );
      assertEquals(
        await error({ regex: "a(?=b)" }),
        '"a(?=b)" is no regular expression in RE2\'s syntax, which has no look-ahead, ' +
          "look-behind or back-references (error parsing regexp: invalid or unsupported Perl " +
          "syntax: `(?=`).",
      );
      assertMatch(await error({ text: "a", path: "notes.txt" }), /"notes\.txt" is no directory/);
      assertMatch(await error({ text: "a", path: "none" }), /there is no directory "none"/);
      assertMatch(await error({ text: "a", limit: 501 }), /limit: Too big/);
    });
  });
});

Deno.test("search_files takes no longer for a pattern that would make others backtrack for ever", async () => {
  const before = (directory: string) =>
    Deno.writeTextFile(`${directory}/workspace/a.txt`, "a".repeat(100_000) + "!");
  await withTool("search_files", { before }, async (run) => {
    assertEquals(await run({ regex: "^(a+)+$" }), "Nothing found in 1 file.");
    assertEquals(
      await run({ glob: "*a*a*a*a*a*a*a*a*a*a*b" }),
      'No file is named like "*a*a*a*a*a*a*a*a*a*a*b" among 1 name.',
    );
  });
});

Deno.test("search_files cuts what is long and says how to find less", async () => {
  const before = async (directory: string) => {
    const workspace = `${directory}/workspace`;
    await Deno.writeTextFile(`${workspace}/many.txt`, "needle\n".repeat(600));
    await Deno.writeTextFile(`${workspace}/long.txt`, "å".repeat(1000) + "pin" + "x".repeat(1000));
    await Deno.writeTextFile(`${workspace}/large.txt`, "x\n".repeat(500_000) + "hay\n");
    await Deno.writeTextFile(
      `${workspace}/wide.txt`,
      ("straw" + "x".repeat(295) + "\n").repeat(400),
    );
  };
  await withTool("search_files", { before }, async (run) => {
    const more = 'there may be more. Narrow it with "path", "glob" or a longer text';
    const many = (await run({ text: "needle", glob: "many*" })).split("\n");
    assertEquals([many.length, many[99]], [101, "many.txt:100: needle"]);
    assertEquals(
      many[100],
      `[Stopped at 100 matching lines; ${more}, or raise "limit" (at most 500).]`,
    );
    const most = (await run({ text: "needle", glob: "many*", limit: 500 })).split("\n");
    assertEquals(most.at(-1), `[Stopped at 500 matching lines; ${more}.]`);
    const [line] = (await run({ text: "pin" })).split("\n");
    assertEquals(line, `long.txt:1: …${"å".repeat(50)}pin${"x".repeat(247)}…`);
    assertEquals(
      await run({ text: "hay" }),
      [
        "Nothing found in 4 files.",
        "[Searched in the first 1000000 bytes only: large.txt.]",
      ].join("\n"),
    );
    const wide = await run({ text: "straw", glob: "wide*", limit: 500 });
    assert(wide.length < 60_000, `${wide.length} characters`);
    assert(wide.endsWith(`[Stopped at 50000 characters; ${more}.]`), wide.slice(-200));
  });
});

Deno.test("search_files searches another directory that the settings name", async () => {
  const before = async (directory: string) => {
    await Deno.mkdir(`${directory}/docs`);
    await Deno.writeTextFile(`${directory}/docs/a.txt`, "from docs");
  };
  const toolsJson = { search_files: { settings: { workspace: "docs" } } };
  await withTool("search_files", { before, toolsJson }, async (run) => {
    assertEquals(await run({ text: "from" }), "a.txt:1: from docs");
  });
});
