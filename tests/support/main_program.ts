/** main.ts as a real child process, with the permissions that deno.json gives it. */
import { fromFileUrl } from "@std/path";
import { ENVIRONMENT_NAMES } from "../../lib/config.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** The command line of main.ts. */
export function mainCommand(...args: string[]): string[] {
  return [
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-net",
    `--allow-env=${ENVIRONMENT_NAMES.join(",")}`,
    MAIN,
    ...args,
  ];
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Text on standard input, which is closed behind it. Default none. */
  readonly stdin?: string;
}

/** What every test sets: nothing of the developer's own environment gets in. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}) {
  const kept = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs main.ts to its end. */
export async function runMainProgram(options: ProgramOptions): Promise<ProgramResult> {
  const [command, ...args] = mainCommand(...options.args);
  const child = new Deno.Command(command!, {
    args,
    env: cleanEnvironment(options.env),
    clearEnv: true,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
