/** The project's tools as they are where tools.json says nothing. */
import { join } from "@std/path";
import { openToolbox } from "../../lib/sandbox/open_toolbox.ts";
import type { ToolEntry } from "../../lib/sandbox/toolbox.ts";

/** What all of them declare; those that need the operator's word are off. */
export async function defaultTools(): Promise<readonly ToolEntry[]> {
  const directory = await Deno.makeTempDir({ prefix: "default_tools_" });
  try {
    return await toolsWith(join(directory, "tools.json"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What all of them declare with a tools.json of the operator's. */
export async function toolsWith(tools_file: string): Promise<readonly ToolEntry[]> {
  const toolbox = await openToolbox({
    tools_file,
    persistent_dir: join(tools_file, "..", "persistent"),
    environment: Deno.env.toObject(),
  });
  await toolbox.close();
  return toolbox.catalogue;
}
