/** A process of the bench's own: told one line at a time, answers with one JSON text a line. */
import { fromFileUrl } from "@std/path";

/** Ended at the end of its scope, whatever it does then. */
export class BenchChild<Message> implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #messages: AsyncGenerator<Message>;

  /**
   * @param script the process's source, as its neighbours name it: "./x_process.ts"
   * @param orders what it is to do, its only argument
   */
  constructor(script: string, orders: unknown) {
    const path = fromFileUrl(new URL(script, import.meta.url));
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        path,
        JSON.stringify(orders),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#messages = linesOf(this.#child.stdout);
  }

  /** @throws {Error} when it has ended instead */
  async next(): Promise<Message> {
    const { value, done } = await this.#messages.next();
    if (done) throw new Error("a process of the bench ended before it had said everything");
    return value;
  }

  async tell(word: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(word + "\n"));
  }

  /** Lets it end by itself, as the end of its standard input tells it to. */
  async end(): Promise<void> {
    await this.#input.close();
    const { code } = await this.#child.status;
    if (code !== 0) throw new Error(`a process of the bench ended with exit code ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await Promise.allSettled([this.#child.status, this.#input.close()]);
    await this.#messages.return(undefined);
  }
}

async function* linesOf<Message>(stream: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

/** In such a process: says something to the bench. */
export function say(message: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}
