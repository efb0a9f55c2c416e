/**
 * `deno task compile`: both programs as single binaries in dist/, with just the permissions that
 * deno.json gives their tasks.
 */
import { dirname, fromFileUrl, join } from "@std/path";

const PROJECT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
const PROGRAMS = [
  { task: "main", entry: "main.ts" },
  { task: "background", entry: "background_service.ts" },
] as const;

/** What is found at run time and therefore must be named. */
const INCLUDED = ["tools", "lib", "deno.json"];

/** The arguments of `deno compile` for one program. */
export function compileArgs(
  { task, entry }: typeof PROGRAMS[number],
  tasks: Record<string, { command: string }>,
): string[] {
  const flags = tasks[task]?.command.split(" ").filter((word) => /^--(allow|no-prompt)/.test(word));
  if (flags === undefined) throw new Error(`deno.json has no task "${task}"`);
  const output = join("dist", entry.replace(/\.ts$/, ""));
  const include = INCLUDED.flatMap((path) => ["--include", path]);
  return ["compile", "--exclude-unused-npm", ...flags, ...include, "--output", output, entry];
}

/** Says why a compile failed, in one sentence for people. */
export function explainFailure(entry: string, stderr: string): string {
  if (/dl\.deno\.land|denort/i.test(stderr)) {
    return `Cannot compile ${entry}: deno compile downloads its runtime from dl.deno.land on first ` +
      "use, and that cannot be reached from here; connect, or set DENORT_BIN to a denort binary.";
  }
  const words = stderr.split("\n").find((line) => line.startsWith("error")) ?? "see above";
  return `Cannot compile ${entry}: ${words.replace(/^error:?\s*/, "")}.`;
}

async function compile(program: typeof PROGRAMS[number]): Promise<boolean> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT, "deno.json")));
  const { success, stderr } = await new Deno.Command("deno", {
    args: compileArgs(program, tasks),
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  const line = success
    ? `dist/${program.entry.replace(/\.ts$/, "")} is ready`
    : explainFailure(program.entry, text);
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
  return success;
}

if (import.meta.main) {
  for (const program of PROGRAMS) if (!await compile(program)) Deno.exit(1);
}
