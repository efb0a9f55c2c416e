import { defineTool, z } from "tool";

const MAX_ARGS = 100;
const MAX_ARG_LENGTH = 10_000;
const MAX_INPUT_LENGTH = 200_000;
/** A program that writes more than this, by both ways together, is stopped. */
const MAX_WRITTEN_BYTES = 50_000_000;
/** Programs that a program has left behind may hold its outputs open; they are not waited for. */
const DRAIN_MS = 200;

export default defineTool({
  name: "run_command",
  description: ({ programs, directory, timeout_seconds }) =>
    `Runs a program with arguments and answers its exit code and output. The programs are: ` +
    `${
      programs.join(", ") || "none"
    }. There is no shell: no pipes, no wildcards, no redirections. ` +
    `It runs in the directory ${directory}, for at most ${timeout_seconds} s. What it starts and ` +
    "leaves running is ended with it.",
  parameters: z.object({
    program: z.string().min(1).max(1000).describe("One of the programs, as it is named above."),
    args: z.array(z.string().max(MAX_ARG_LENGTH)).max(MAX_ARGS).default([])
      .describe('One text for each argument: ["log", "-n", "5"].'),
    input: z.string().max(MAX_INPUT_LENGTH).optional()
      .describe("What it reads from its standard input. Default nothing."),
  }),
  settings: z.object({
    programs: z.array(z.string().min(1)).default([]),
    directory: z.string().min(1).default("./workspace"),
    timeout_seconds: z.number().positive().max(3500).default(60),
    output_bytes: z.int().min(1000).max(200_000).default(20_000),
    environment: z.record(z.string(), z.string()).default({}),
  }),
  permissions: ({ programs, directory }) => ({ run: programs, read: [directory] }),
  unavailable: ({ programs }) =>
    programs.length > 0
      ? undefined
      : 'it starts only programs that are named in "run_command".settings.programs and in ' +
        '"run_command".allow.run in tools.json, and there are none',
  effects: "once",
  timeout_seconds: 3600,
  async run({ program, args, input }, { settings, signal }) {
    if (!settings.programs.includes(program)) {
      const known = settings.programs.join(", ");
      throw new Error(`"${program}" is no program that may be run, expected one of ${known}`);
    }
    const child = start(program, args, await workingDirectory(settings.directory), settings);
    const running = new Running(child, settings.output_bytes);
    return await running.end(input ?? "", settings.timeout_seconds, signal);
  },
});

async function workingDirectory(directory: string): Promise<string> {
  try {
    return await Deno.realPath(directory);
  } catch (cause) {
    throw new Error(`its directory "${directory}" is not there: the operator has to make it`, {
      cause,
    });
  }
}

// It inherits the environment of this process, in which there is next to nothing.
function start(
  program: string,
  args: string[],
  cwd: string,
  { environment }: { environment: Record<string, string> },
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      cwd,
      env: environment,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new Error(`"${program}" cannot be started: is it installed, and on the service's PATH?`, {
      cause,
    });
  }
}

/** A program that was started, until its end. */
class Running {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Output;
  readonly #stderr: Output;
  #written = 0;
  /** Why it was stopped, as a sentence. */
  #stopped: string | undefined;

  constructor(child: Deno.ChildProcess, output_bytes: number) {
    this.#child = child;
    const onBytes = (bytes: number) => this.#count(bytes);
    this.#stdout = new Output(child.stdout, output_bytes, onBytes);
    this.#stderr = new Output(child.stderr, output_bytes, onBytes);
  }

  /** What came of it, for the model. */
  async end(input: string, timeout_seconds: number, signal: AbortSignal): Promise<string> {
    const cancel = () => this.#stop("Stopped: the call was cancelled.");
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const late = `Stopped: it had not ended after ${timeout_seconds} s, which is its limit.`;
    const timer = setTimeout(() => this.#stop(late), timeout_seconds * 1000);
    const fed = feed(this.#child.stdin, input);
    const status = await this.#child.status;
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
    await Promise.all([fed, this.#stdout.end(DRAIN_MS), this.#stderr.end(DRAIN_MS)]);
    return [
      this.#stopped ?? ending(status),
      ...section("Standard output", this.#stdout.text()),
      ...section("Standard error", this.#stderr.text()),
    ].join("\n");
  }

  #count(bytes: number): void {
    this.#written += bytes;
    if (this.#written > MAX_WRITTEN_BYTES) {
      this.#stop(`Stopped: it wrote more than ${MAX_WRITTEN_BYTES} bytes.`);
    }
  }

  // Deno lets a tool end its own child and no other process; the service ends the rest.
  #stop(why: string): void {
    this.#stopped ??= why;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}

// A program need not read what it is given.
async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}

/** The beginning and the end of what a program writes by one way. */
class Output {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #half: number;
  readonly #done: Promise<void>;
  #head = new Uint8Array();
  #tail = new Uint8Array();
  #leftOut = 0;

  constructor(
    stream: ReadableStream<Uint8Array>,
    limit: number,
    onBytes: (bytes: number) => void,
  ) {
    this.#reader = stream.getReader();
    this.#half = Math.floor(limit / 2);
    this.#done = this.#read(onBytes);
  }

  /** Waits for the end of the output, at most so long. */
  async end(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#reader.cancel().catch(() => {}), ms);
    await this.#done;
    clearTimeout(timer);
  }

  text(): string {
    const head = new TextDecoder().decode(this.#head, { stream: this.#leftOut > 0 });
    // The cut may have gone through a character.
    const tail = new TextDecoder().decode(this.#tail).replace(/^\uFFFD+/, "");
    if (this.#leftOut === 0) return new TextDecoder().decode(join(this.#head, this.#tail));
    return `${head}\n[… ${this.#leftOut} bytes left out …]\n${tail}`;
  }

  async #read(onBytes: (bytes: number) => void): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      onBytes(value.length);
      const room = this.#half - this.#head.length;
      if (room > 0) this.#head = join(this.#head, value.subarray(0, room));
      const tail = join(this.#tail, value.subarray(Math.max(0, room)));
      this.#leftOut += Math.max(0, tail.length - this.#half);
      this.#tail = tail.slice(-this.#half);
    }
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function ending({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `Exit code ${code}.` : `Ended by ${signal}.`;
}

function section(title: string, text: string): string[] {
  const trimmed = text.trimEnd();
  return trimmed === "" ? [] : [`${title}:`, trimmed];
}
