/** A copy of the project whose tools are the tests' own. */
import { join } from "@std/path";
import { PROJECT } from "./program.ts";

const PARTS = ["deno.json", "deno.lock", "main.ts", "background_service.ts", "lib"];

/** Where a copy is. */
export interface ProjectCopy extends AsyncDisposable {
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * Copies both programs. Its tools are `mark_none`, `mark_idempotent` and `mark_once`, which differ
 * only in the effects that they declare.
 */
export async function copyProjectWithMarks(): Promise<ProjectCopy> {
  const directory = await Deno.makeTempDir({ prefix: "bts-project-" });
  const args = ["-R", ...PARTS, directory];
  const { success } = await new Deno.Command("cp", { args, cwd: PROJECT }).output();
  if (!success) throw new Error(`the project could not be copied to "${directory}"`);
  await Deno.mkdir(join(directory, "tools"));
  const source = await Deno.readTextFile(join(PROJECT, "tests/support/tools/mark_none.ts"));
  for (const effects of ["none", "idempotent", "once"]) {
    const text = source.replace('"mark_none"', `"mark_${effects}"`)
      .replace('effects: "none"', `effects: "${effects}"`);
    await Deno.writeTextFile(join(directory, "tools", `mark_${effects}.ts`), text);
  }
  const remove = () => Deno.remove(directory, { recursive: true });
  return { directory, remove, [Symbol.asyncDispose]: remove };
}
