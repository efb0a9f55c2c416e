/** Runs `deno task demo` as a stranger would, and looks at what it said. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { soon } from "./eventually.ts";
import { PROJECT, withLock } from "./program.ts";

/**
 * Runs it, and fails where it does not say that it has seen everything.
 *
 * @param env besides this process's own
 * @param seconds how long it may take
 * @returns what it said
 */
export async function runDemo(
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<string> {
  const temporary = await Deno.makeTempDir();
  const child = startDemo({ ...env, TMPDIR: temporary });
  const output = child.output();
  try {
    const { code, stdout, stderr } = await soon("the end of the demo", output, seconds);
    const [said = "", complaints] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    assertEquals([code, complaints], [0, ""], said);
    assertSeen(said);
    assertEquals([...Deno.readDirSync(temporary)], [], "the demo left files behind");
    return said;
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await output;
    await Deno.remove(temporary, { recursive: true });
  }
}

function startDemo(env: Readonly<Record<string, string>>): Deno.ChildProcess {
  const config = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json")));
  const [deno = "deno", ...args] = String(config.tasks.demo.command).split(" ");
  return new Deno.Command(deno, {
    args: withLock(args, env),
    cwd: PROJECT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function assertSeen(said: string): void {
  const steps = said.split("\n").flatMap((line) => /^([1-9]) {2}/.exec(line)?.[1] ?? []);
  assertEquals(steps, ["1", "2", "3", "4", "5", "6", "7"]);
  assertStringIncludes(said, "kill -9 ");
  assertStringIncludes(said, "5 tool calls for five steps: none was done twice.");
  assert(said.endsWith("  deno task -q background\n  deno task -q main\n"), said);
}
