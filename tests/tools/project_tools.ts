/** The project's own tools under their real permissions, in a temporary project. */
import { assert } from "@std/assert";
import {
  errorOf,
  outputOf,
  type TestToolbox,
  type ToolboxFixture,
  withToolbox,
} from "../lib/sandbox/toolbox_fixture.ts";

/** Calls one tool and answers its output, or `Error: …` with what the model would be told. */
export type Run = (args: unknown) => Promise<string>;

/** Opens the project's tools and hands on one of them. */
export async function withTool(
  name: string,
  fixture: ToolboxFixture,
  body: (run: Run, toolbox: TestToolbox) => Promise<void>,
): Promise<void> {
  await withToolbox(fixture, async (toolbox) => {
    const entry = toolbox.catalogue.find((e) => e.name === name);
    assert(entry?.enabled, entry?.reason ?? `there is no tool "${name}"`);
    const run = async (args: unknown) => {
      const result = await toolbox.run(name, args);
      return result.ok ? outputOf(result) : `Error: ${errorOf(result)}`;
    };
    await body(run, toolbox);
  });
}
