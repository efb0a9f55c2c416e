import { linesOf } from "../lines_of.ts";

/** Milliseconds for an answer; a drain's own patience is shorter and says more. */
const PATIENCE = 600_000;

/** Milliseconds to end by itself once nothing more is asked of it. */
const LAST_WORDS = 10_000;

/** A peer's producer or worker: a process that answers commands, and ends when we do. */
export class HelperProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #complaints: Promise<string>;

  constructor(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [program = "", ...args] = command;
    const options = {
      args,
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    };
    this.#child = new Deno.Command(program, options as Deno.CommandOptions).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#input = this.#child.stdin.getWriter();
    this.#complaints = new Response(this.#child.stderr).text();
  }

  /**
   * Asks one thing; the next may be asked when it is answered.
   *
   * @throws what the process answers instead, or what it wrote when it ended
   */
  async ask<A>(command: { readonly do: string }): Promise<A> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    try {
      await this.#input.write(new TextEncoder().encode(JSON.stringify(command) + "\n"));
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`ended at "${command.do}": ${tail(await this.#complaints)}`);
      const { answer, error } = JSON.parse(value);
      if (error !== undefined) throw new Error(error);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), LAST_WORDS);
    // It may be gone, and with it the other end.
    await this.#input.close().catch(() => {});
    await this.#lines.return(undefined);
    await Promise.all([this.#child.status, this.#complaints]);
    clearTimeout(timer);
  }
}

/** The last lines of what a process wrote, without the places in its code. */
function tail(text: string): string {
  return text.split("\n").filter((line) => /^(?! +(at |\^))./.test(line)).slice(-5).join("\n");
}
