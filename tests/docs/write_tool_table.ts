/** `deno task docs`: writes README's table of tools anew. */
import { join } from "@std/path";
import { PROJECT } from "../support/program.ts";
import { defaultTools } from "./default_tools.ts";
import { replaceToolTable, toolTable } from "./tool_table.ts";

/** Answers whether there was something to write. */
async function writeToolTable(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path);
  const made = replaceToolTable(text, toolTable(await defaultTools()));
  if (made !== text) await Deno.writeTextFile(path, made);
  return made !== text;
}

if (import.meta.main) {
  const written = await writeToolTable(join(PROJECT, "README.md"));
  const line = `README.md tells of the tools ${written ? "anew" : "as they are"}.\n`;
  await Deno.stdout.write(new TextEncoder().encode(line));
}
