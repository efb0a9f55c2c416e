/** One tool process: messages to and from it, and in what way it ended. */
import type { Launch } from "./launch.ts";
import { LineSplitter } from "./line_splitter.ts";
import type { SandboxLimits } from "./limits.ts";
import { plainText } from "./plain_text.ts";
import { reapToolProcess } from "./reaper.ts";
import type { ProcessCommand } from "./tool_command.ts";
import type { ToolProcessInfo } from "./toolbox.ts";
import { type FromProcess, parseFromProcess, type ToProcess } from "./wire.ts";

/** Options of {@linkcode ProcessChannel}. */
export interface ProcessChannelOptions {
  readonly command: ProcessCommand;
  /** The token in the command's arguments. */
  readonly instance: string;
  /** What the helper is started with that ends it. Default: the way of this process. */
  readonly launch?: Launch | undefined;
  /** What the tool may start programs with: then those are ended with it. */
  readonly run: boolean;
  readonly memory_mb: number;
  readonly limits: SandboxLimits;
  /** Answers whether the message was one to expect; any other counts as printed. */
  readonly onMessage: (message: FromProcess) => boolean;
}

// How much of what a tool wrote to standard error goes into an error text.
const STDERR_TAIL = 1000;
// Programs that a dead tool left behind may hold its pipes open for as long as they like.
const DRAIN_MS = 100;

/** A running process. Its messages come until `ended` resolves. */
export class ProcessChannel {
  readonly token: string = crypto.randomUUID();
  /** Resolves when the process is gone, with the reason as a clause about it ("it …"). */
  readonly ended: Promise<string>;
  readonly info: ToolProcessInfo;
  /** Whether the process is still there and was not told to end. */
  alive = true;

  readonly #options: ProcessChannelOptions;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  #printed = 0;
  #stderr = "";
  #why: string | undefined;
  #reaped: Promise<void> | undefined;

  /** @throws {Error} when the program cannot be started */
  constructor(options: ProcessChannelOptions) {
    this.#options = options;
    this.#child = spawn(options.command);
    this.#input = this.#child.stdin.getWriter();
    this.info = {
      pid: this.#child.pid,
      process_started_at: new Date().toISOString(),
      instance: options.instance,
    };
    this.ended = this.#run();
  }

  /** Sends a message; one to a process that is gone is dropped. */
  send(message: ToProcess): void {
    const line = JSON.stringify(message) + "\n";
    this.#input.write(new TextEncoder().encode(line)).catch(() => {});
  }

  /** Lets the next call print as much as any. */
  renewPrinting(): void {
    this.#printed = 0;
    this.#stderr = "";
  }

  /** Kills the process; the first reason given is the one that `ended` tells. */
  kill(why: string): void {
    this.#why ??= why;
    if (!this.alive) return;
    this.alive = false;
    const end = () => {
      try {
        this.#child.kill("SIGKILL");
      } catch {
        // It has just gone by itself.
      }
      // Where "deno" is a script that starts the real one, this is what ends the real one.
      this.#input.abort().catch(() => {});
    };
    if (!this.#options.run) return end();
    // The programs that the tool has started go with it; only the helper can reach them.
    this.#reaped = this.#reap().finally(end);
  }

  async #reap(): Promise<void> {
    await reapToolProcess(this.info, this.#options.launch).catch(() => {});
  }

  async #run(): Promise<string> {
    const drained = Promise.allSettled([
      this.#read(this.#child.stdout, this.#splitter()),
      this.#read(this.#child.stderr, { push: (chunk) => this.#keepStderr(chunk) }),
    ]);
    const status = await this.#child.status;
    this.alive = false;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#readers.forEach((r) => r.cancel().catch(() => {}));
      late.resolve();
    }, DRAIN_MS);
    await drained;
    // A message that such programs neither read nor let go of is never written.
    await Promise.race([this.#input.abort().catch(() => {}), late.promise]);
    clearTimeout(timer);
    // A tool that ended by itself may have left programs too.
    if (this.#options.run) await (this.#reaped ?? this.#reap());
    return this.#why ?? this.#describe(status);
  }

  async #read(
    stream: ReadableStream<Uint8Array>,
    sink: { push(chunk: Uint8Array): void },
  ): Promise<void> {
    const reader = stream.getReader();
    this.#readers.push(reader);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // Of a process that is being killed, a flood is only emptied.
      if (this.#why === undefined) sink.push(value);
    }
  }

  #splitter(): LineSplitter {
    const { answer_bytes, artifact_bytes } = this.#options.limits;
    return new LineSplitter({
      token: this.token,
      // JSON may need six bytes for one, base64 four for three.
      message_bytes: 6 * answer_bytes + 2 * artifact_bytes + 4096,
      onMessage: (text) => this.#receive(text),
      onStray: (bytes) => this.#countPrinted(bytes),
      onTooLong: () => this.kill("it sent a message that is too long"),
    });
  }

  #receive(text: string): void {
    // What came with the flood that it is killed for: an answer may be at the end of it.
    if (this.#why !== undefined) return;
    try {
      const message = parseFromProcess(text);
      if (message?.type === "memory") return this.kill(this.#memoryText());
      if (message !== undefined && this.#options.onMessage(message)) return;
    } catch (error) {
      return this.kill(`it sent a message that could not be taken (${error}) and was stopped`);
    }
    this.#countPrinted(this.token.length + text.length);
  }

  #countPrinted(bytes: number): void {
    this.#printed += bytes;
    const limit = this.#options.limits.printed_bytes;
    if (this.#printed > limit) this.kill(`it printed more than ${limit} bytes and was stopped`);
  }

  #keepStderr(chunk: Uint8Array): void {
    this.#countPrinted(chunk.length);
    this.#stderr = (this.#stderr + new TextDecoder().decode(chunk)).slice(-8 * STDERR_TAIL);
  }

  #memoryText(): string {
    return `it used more than its ${this.#options.memory_mb} MB of memory and was stopped`;
  }

  #describe(status: Deno.CommandStatus): string {
    if (/heap out of memory|Fatal .*out of memory/i.test(this.#stderr)) return this.#memoryText();
    const tail = plainTail(this.#stderr);
    const said = tail === "" ? "" : `, after printing: ${tail}`;
    if (status.signal !== null) return `its process was ended by ${status.signal}${said}`;
    return `it ended its own process with exit code ${status.code}${said}`;
  }
}

function spawn(command: ProcessCommand): Deno.ChildProcess {
  return new Deno.Command(command.program, {
    args: [...command.args],
    env: { ...command.env },
    clearEnv: true,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    // Else a Ctrl-C at the terminal would reach the tools before the service can finish a step.
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function plainTail(text: string): string {
  const plain = plainText(text, 8 * STDERR_TAIL).replace(/^ +at .*$/gm, "").trim();
  return plain.slice(-STDERR_TAIL);
}
