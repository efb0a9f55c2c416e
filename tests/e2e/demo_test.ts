/** What a stranger runs first. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { soon } from "../support/eventually.ts";
import { PROJECT } from "../support/program.ts";

Deno.test("the demo observes its seven steps and the resume, and leaves with 0", async () => {
  const config = JSON.parse(await Deno.readTextFile(join(PROJECT, "deno.json")));
  const [deno, ...args] = String(config.tasks.demo.command).split(" ");
  const temporary = await Deno.makeTempDir();
  const child = new Deno.Command(deno!, {
    args,
    cwd: PROJECT,
    env: { TMPDIR: temporary },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  try {
    const { code, stdout, stderr } = await soon("the end of the demo", output, 60);
    const [said, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, complaints], [0, ""], said);
    const steps = said!.split("\n").flatMap((line) => /^([1-9]) {2}/.exec(line)?.[1] ?? []);
    assertEquals(steps, ["1", "2", "3", "4", "5", "6", "7"]);
    assertStringIncludes(said!, "kill -9 ");
    assertStringIncludes(said!, "5 tool calls for five steps: none was done twice.");
    assert(said!.endsWith("  deno task -q background\n  deno task -q main\n"), said);
    assertEquals([...Deno.readDirSync(temporary)], [], "the demo left files behind");
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await output;
    await Deno.remove(temporary, { recursive: true });
  }
});
