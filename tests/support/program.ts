/** Starts the real programs as child processes, with just the permissions that deno.json gives. */
import { dirname, fromFileUrl, join } from "@std/path";
import { settingRows } from "../../lib/settings.ts";

/** The project's directory. */
export const PROJECT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** A task of deno.json that starts a program. */
export type ProgramName = "background" | "main" | "tasks" | "start";

export interface ProgramOptions {
  /** Added to the variables that Deno itself needs; nothing else of this process's is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The directory of the programs. Default: this project's. */
  readonly project?: string;
  /** Text for standard input, which is then closed. Absent: none. */
  readonly stdin?: string;
  /** A command that `deno` and its arguments are added to: other limits, another namespace. */
  readonly under?: readonly string[];
  /** Told of each line on standard output and standard error as it comes. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/** How a program ended. */
export interface ProgramResult {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly pid: number;
  readonly ended: Promise<ProgramResult>;
  /** What has come on standard error so far. */
  readonly log: string;
  kill(signal: Deno.Signal): void;
  /** Resolves when text has come on a stream that fits; rejects if the program ends before. */
  seen(pattern: RegExp, stream: "stdout" | "stderr"): Promise<void>;
}

/** Passed on from this process: where packages are, and how to get at the registry. */
const PASSED_ON = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

/** The arguments of `deno` that a task of a project's deno.json stands for. */
export function denoArgs(name: ProgramName | "compile", project: string = PROJECT): string[] {
  const config = JSON.parse(Deno.readTextFileSync(join(project, "deno.json")));
  const [deno, ...args] = String(config.tasks[name].command).split(" ");
  if (deno !== "deno") throw new Error(`the task "${name}" does not start with deno`);
  return args;
}

/** Starts a program. Relative paths in `args` are relative to the project's directory. */
export function startProgram(
  name: ProgramName,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  const project = options.project ?? PROJECT;
  const [command = "deno", ...before] = [...options.under ?? [], "deno"];
  const env = { ...switchedOff(), ...inherited(), ...options.env };
  const child = new Deno.Command(command, {
    args: [...before, ...withLock(denoArgs(name, project), env), ...args],
    cwd: project,
    clearEnv: true,
    env,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Captured(child.stdout, (line) => options.onLine?.(line, "stdout"));
  const stderr = new Captured(child.stderr, (line) => options.onLine?.(line, "stderr"));
  const fed = options.stdin === undefined ? undefined : feed(child.stdin, options.stdin);
  const ended = (async () => {
    const [{ code, signal }] = await Promise.all([child.status, stdout.done, stderr.done, fed]);
    return { code, signal, stdout: stdout.text, stderr: stderr.text };
  })();
  return {
    pid: child.pid,
    ended,
    get log() {
      return stderr.text;
    },
    kill(signal) {
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended already.
        if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
      }
    },
    seen: (pattern, stream) => (stream === "stdout" ? stdout : stderr).seen(pattern),
  };
}

/**
 * `deno run` and its arguments, with the lock file that has the packages for Redis too where they are
 * loaded: Deno would note them in the project's own.
 */
export function withLock(
  [run = "run", ...args]: readonly string[],
  { QUEUE_URL }: Readonly<Record<string, string>>,
): string[] {
  const lock = QUEUE_URL ? [`--lock=${join(PROJECT, "lib", "redis", "deno.lock")}`] : [];
  return [run, ...lock, ...args];
}

/** Runs a program to its end. */
export function runProgram(
  name: ProgramName,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return startProgram(name, args, options).ended;
}

// A developer's `.env` may name a paid server: what is empty here is not read from there.
function switchedOff(): Record<string, string> {
  return Object.fromEntries(settingRows().map(({ name }) => [name, ""]));
}

function inherited(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It ended without reading all of it.
  }
}

/** A stream's text so far, and those who wait for something in it. */
class Captured {
  text = "";
  readonly done: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>, private readonly onLine: (line: string) => void) {
    this.done = this.#read(stream);
  }

  seen(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (pattern.test(this.text)) resolve();
        else if (this.#ended) reject(new Error(`ended without ${pattern}:\n${this.text}`));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let line = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream() as TransformStream)) {
      this.text += piece;
      const lines = (line + piece).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) this.onLine(whole);
      for (const check of [...this.#waiting]) check();
    }
    if (line !== "") this.onLine(line);
    this.#ended = true;
    for (const check of [...this.#waiting]) check();
  }
}
