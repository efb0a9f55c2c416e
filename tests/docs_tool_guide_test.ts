/** The guide in README: its tool is taken as it is typed there, and run. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { errorOf, outputOf, withToolbox } from "./lib/sandbox/toolbox_fixture.ts";
import { PROJECT } from "./support/program.ts";

const MARK = "<!-- tool guide: tests/docs_tool_guide_test.ts runs this -->";

/** The code block after the mark, and the file that the guide puts it into. */
function guide(): { code: string; file: string } {
  const readme = Deno.readTextFileSync(join(PROJECT, "README.md"));
  const [, after] = readme.split(MARK);
  assert(after !== undefined, `README has no line ${MARK}`);
  const code = after.match(/```ts\n(.*?)```/s)?.[1];
  const file = after.match(/`tools\/([a-z_]+\.ts)`/)?.[1];
  assert(code !== undefined && file !== undefined, "README's guide names a file and its code");
  return { code, file };
}

/** A copy of the project's tools, with the guide's own among them. */
async function copyTools(into: string): Promise<void> {
  const args = ["-R", `${join(PROJECT, "tools")}/.`, into];
  const { success } = await new Deno.Command("cp", { args }).output();
  assert(success, `the tools could not be copied to "${into}"`);
  const { code, file } = guide();
  await Deno.writeTextFile(join(into, file), code);
}

Deno.test("README's own tool has ten lines and runs among the others as it is typed", async () => {
  const { code, file } = guide();
  assertEquals(code.trimEnd().split("\n").length, 10);
  const name = file.replace(/\.ts$/, "");
  const before = async (directory: string) => {
    await copyTools(`${directory}/tools`);
    await Deno.writeTextFile(
      `${directory}/workspace/poem.txt`,
      "roses are red\nviolets are blue\n",
    );
    await Deno.writeTextFile(`${directory}/secret.txt`, "not for tools");
  };
  // `tools` makes the fixture use the directory of its own.
  await withToolbox({ tools: {}, before }, async (toolbox) => {
    assertEquals(toolbox.warnings, []);
    assert(toolbox.catalogue.length > 1, "the project's tools are there too");
    assertEquals(outputOf(await toolbox.run(name, { path: "workspace/poem.txt" })), "6");
    assertMatch(
      errorOf(await toolbox.run(name, { path: "secret.txt" })),
      /^The tool "word_count" failed: Requires read access to ".*secret\.txt"/,
    );
    assertMatch(errorOf(await toolbox.run(name, {})), /the arguments do not fit: path: /);
  });
});

Deno.test("README's own tool has no type error", async () => {
  const directory = await Deno.makeTempDir({ prefix: "guide_" });
  try {
    const file = join(directory, guide().file);
    await Deno.writeTextFile(file, guide().code);
    const { success, stderr } = await new Deno.Command("deno", {
      args: ["check", "--quiet", "--config", join(PROJECT, "deno.json"), file],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
