/** read_file and list_files. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { withTool } from "./project_tools.ts";

async function fill(directory: string): Promise<void> {
  const workspace = `${directory}/workspace`;
  await Deno.mkdir(`${workspace}/reports/old`, { recursive: true });
  await Deno.writeTextFile(`${workspace}/notes.txt`, "one\ntwo\nthree\nfour");
  await Deno.writeTextFile(`${workspace}/reports/may.md`, "# Måned 😀\n");
  await Deno.writeFile(`${workspace}/picture.png`, new Uint8Array([137, 80, 78, 71, 0, 1]));
  await Deno.writeFile(`${workspace}/latin.txt`, new Uint8Array([98, 229, 116]));
  await Deno.writeTextFile(`${workspace}/empty.txt`, "");
  await Deno.writeTextFile(`${directory}/secret.txt`, "secret");
  await Deno.mkdir(`${directory}/workspace-not`);
  await Deno.writeTextFile(`${directory}/workspace-not/x`, "secret");
  await Deno.symlink(`${directory}/secret.txt`, `${workspace}/out.txt`);
  await Deno.symlink(directory, `${workspace}/outside`);
  await Deno.symlink(`${workspace}/notes.txt`, `${workspace}/in.txt`);
  await Deno.symlink(`${workspace}/nowhere`, `${workspace}/broken`);
}

Deno.test("read_file reads what is in the workspace and nothing else", async (t) => {
  await withTool("read_file", { before: fill }, async (run, { directory }) => {
    const read = async (path: string, more = {}) => await run({ path, ...more });
    await t.step("whole files and lines of them", async () => {
      assertEquals(await read("notes.txt"), "one\ntwo\nthree\nfour");
      assertEquals(await read("./reports/../notes.txt", { first_line: 2, lines: 2 }), "two\nthree");
      assertEquals(await read("notes.txt", { first_line: 4 }), "four");
      assertMatch(await read("notes.txt", { first_line: 5 }), /has 4 lines, expected first_line/);
      assertEquals(await read("reports/may.md"), "# Måned 😀\n");
      assertEquals(await read("empty.txt"), "");
      assertEquals(await read("in.txt", { lines: 1 }), "one");
      assertEquals(await read(`${directory}/workspace/notes.txt`, { lines: 1 }), "one");
    });
    await t.step("what is outside", async () => {
      const outside = [
        "../secret.txt",
        "out.txt",
        "outside/secret.txt",
        "outside/workspace-not/x",
        "../workspace-not/x",
        `${directory}/secret.txt`,
        `${directory}/workspace-not/x`,
        "/etc/passwd",
      ];
      for (const path of outside) {
        assertEquals(
          await read(path),
          `Error: The tool "read_file" failed: "${path}" is outside the workspace, expected a path inside it.`,
        );
      }
    });
    await t.step("what is no text, no file, or not there", async () => {
      assertMatch(await read("picture.png"), /"picture\.png" is no text file \(6 bytes/);
      assertMatch(await read("latin.txt"), /"latin\.txt" is no text file/);
      assertMatch(await read("reports"), /"reports" is a directory; list_files tells/);
      assertMatch(await read("none.txt"), /there is no file "none\.txt" in the workspace/);
      assertMatch(await read("broken"), /there is no file "broken" in the workspace/);
      assertMatch(await read("a\0b"), /^Error: /);
    });
  });
});

Deno.test("read_file cuts a large file between two characters and says so", async () => {
  const before = async (directory: string) => {
    await Deno.writeTextFile(`${directory}/workspace/large.txt`, "x" + "å".repeat(150_000));
  };
  await withTool("read_file", { before }, async (run) => {
    const text = await run({ path: "large.txt" });
    assert(text.startsWith("xå") && !text.includes("\uFFFD"));
    assertMatch(text, /å\n\[The file has 300001 bytes; these are its first 200000\.\]$/);
  });
});

Deno.test("read_file reads another directory that the settings name", async () => {
  const before = async (directory: string) => {
    await Deno.mkdir(`${directory}/docs`);
    await Deno.writeTextFile(`${directory}/docs/a.txt`, "from docs");
  };
  const toolsJson = { read_file: { settings: { workspace: "docs" } } };
  await withTool("read_file", { before, toolsJson }, async (run) => {
    assertEquals(await run({ path: "a.txt" }), "from docs");
    assertMatch(await run({ path: "../workspace/x" }), /is outside the workspace|there is no file/);
  });
});

Deno.test("list_files lists the workspace and nothing else", async () => {
  await withTool("list_files", { before: fill }, async (run, { directory }) => {
    const top = [
      "broken (a link)",
      "empty.txt 0",
      "in.txt (a link)",
      "latin.txt 3",
      "notes.txt 18",
      "out.txt (a link)",
      "outside (a link)",
      "picture.png 6",
      "reports/",
    ];
    assertEquals(await run({}), top.join("\n"));
    const below = ["reports/may.md 14", "reports/old/"];
    assertEquals(await run({ recursive: true }), [...top, ...below].join("\n"));
    assertEquals(await run({ path: "reports" }), "may.md 14\nold/");
    assertEquals(await run({ path: "reports/old" }), 'The directory "reports/old" is empty.');
    for (const path of ["..", "outside", "/etc", `${directory}/workspace-not`]) {
      assertMatch(await run({ path }), /is outside the workspace, expected a path inside it\.$/);
    }
    assertMatch(await run({ path: "notes.txt" }), /"notes\.txt" is no directory; read_file reads/);
    assertMatch(await run({ path: "none" }), /there is no directory "none" in the workspace/);
  });
});

Deno.test("list_files stops after 500 names and says so", async () => {
  const before = async (directory: string) => {
    for (let i = 0; i < 501; i++) await Deno.writeTextFile(`${directory}/workspace/${i}`, "");
  };
  await withTool("list_files", { before }, async (run) => {
    const lines = (await run({})).split("\n");
    assertEquals(lines.length, 501);
    assertEquals(lines.at(-1), "[There is more: name a directory below this one.]");
  });
});
