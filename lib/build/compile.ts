/**
 * `deno task compile`: both programs as single binaries in dist/, the service's with its tools; with
 * `--redis` both with what QUEUE_URL needs.
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { type BinaryProgram, MAIN_BINARY, SERVICE_BINARY, withRedis } from "./programs.ts";

const PROJECT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
const DIRECTORY = "dist";

// The cache of compiled code would lie in the directory of temporary files, under a name that every
// user of the machine can guess, and be run from there.
const WITHOUT = ["--exclude-unused-npm", "--no-code-cache"];

/** The arguments of `deno compile`, run in the project's directory, for one program. */
export function compileArgs(program: BinaryProgram, directory: string = DIRECTORY): string[] {
  const include = program.includes.flatMap((path) => ["--include", path]);
  const output = join(directory, program.name);
  const { flags, entry, lock } = program;
  const locked = lock === undefined ? [] : [`--lock=${lock}`];
  return ["compile", ...locked, ...WITHOUT, ...flags, ...include, "--output", output, entry];
}

/** Says why a compile failed, in one sentence for people. */
export function explainFailure(name: string, stderr: string): string {
  const cannot = `Cannot compile ${name}:`;
  const named = stderr.match(/Could not find denort at '(.*)'/)?.[1];
  if (named !== undefined) {
    return `${cannot} DENORT_BIN is "${named}", expected the path of a denort binary; unset it to ` +
      "have Deno download its own.";
  }
  if (/dl\.deno\.land/.test(stderr)) {
    return `${cannot} deno compile downloads its runtime from dl.deno.land on first use, and that ` +
      "cannot be reached from here; connect, or set DENORT_BIN to a denort binary.";
  }
  return `${cannot} ${problem(stderr)}.`;
}

// Deno says what it was about, then what went wrong, the cause of all last.
function problem(stderr: string): string {
  const [, error = "deno compile failed", causes = ""] =
    stderr.match(/^error: (.*)(?:\n\nCaused by:\n((?: +.*\n)+))?/m) ?? [];
  const cause = causes.trim().split("\n").at(-1)?.replace(/^ *\d+: /, "").trim();
  return (cause ? `${error}: ${cause}` : error).replace(/\.+$/, "");
}

async function compile(program: BinaryProgram): Promise<boolean> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: compileArgs(program),
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  const line = success
    ? `${DIRECTORY}/${program.name} is ready`
    : explainFailure(program.name, new TextDecoder().decode(stderr));
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
  return success;
}

if (import.meta.main) {
  const unknown = Deno.args.find((arg) => arg !== "--redis" && arg !== "--");
  if (unknown !== undefined) {
    const line = `error: unknown argument "${unknown}", expected --redis or none\n`;
    await Deno.stderr.write(new TextEncoder().encode(line));
    Deno.exit(2);
  }
  for (const program of [MAIN_BINARY, SERVICE_BINARY]) {
    const whole = Deno.args.includes("--redis") ? withRedis(program) : program;
    if (!await compile(whole)) Deno.exit(1);
  }
}
