/** A process of the bench's own: told one line at a time, answers with one JSON text a line. */
import { fromFileUrl } from "@std/path";
import { linesOf } from "./lines_of.ts";

/** Something that a process says, told apart by its kind. */
interface Kinded {
  readonly kind: string;
}

/** Ended at the end of its scope, whatever it does then. */
export class BenchChild<Message> implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;

  /**
   * @param script the process's source, as its neighbours name it: "./x_process.ts"
   * @param orders what it is to do, its only argument
   * @param options of Deno's, besides the permissions to read and write
   */
  constructor(script: string, orders: unknown, options: readonly string[] = []) {
    const path = fromFileUrl(new URL(script, import.meta.url));
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        ...options,
        path,
        JSON.stringify(orders),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** @throws {Error} when it has ended instead */
  async next(): Promise<Message> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a process of the bench ended before it had said everything");
    return JSON.parse(value);
  }

  /** @throws {Error} when it says something of another kind, or has ended */
  async nextOf<Kind extends Extract<Message, Kinded>["kind"]>(
    kind: Kind,
  ): Promise<Extract<Message, { kind: Kind }>> {
    const message = await this.next() as Extract<Message, Kinded>;
    if (message.kind !== kind) throw new Error(`expected "${kind}", got "${message.kind}"`);
    return message as Extract<Message, { kind: Kind }>;
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
    await this.#lines.return(undefined);
  }
}
