/** One of the three processes of the endurance run, as the bench sees it. */
import { fromFileUrl } from "@std/path";
import type { PartOptions, Slice } from "./part.ts";

export type PartName = "producer" | "drainer" | "pruner";

/** It must have ended so long after its standard input did, in milliseconds. */
const END_MS = 120_000;

/** A running part. Killed at the end of its scope where it has not ended by then. */
export class PartProcess implements AsyncDisposable {
  /** What it has said so far, one for each slice that is over. */
  readonly slices: Slice[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;

  private constructor(readonly name: PartName, private readonly child: Deno.ChildProcess) {
    this.#ended = this.#follow();
    // Whoever waits for it hears of it; until then it is nobody's.
    this.#ended.catch((error) => this.#ready.reject(error));
  }

  /** Starts one; resolves once it is ready. Needs `--allow-run=deno`. */
  static async start(name: PartName, options: PartOptions): Promise<PartProcess> {
    const script = fromFileUrl(new URL(`./${name}.ts`, import.meta.url));
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        script,
        JSON.stringify(options),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const part = new PartProcess(name, child);
    await part.#ready.promise;
    return part;
  }

  /** @param at milliseconds since the epoch */
  async begin(at: number): Promise<void> {
    const writer = this.child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(String(at)));
    writer.releaseLock();
  }

  /** Rejects where it ended by itself, or with an error. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Lets it end: resolves when it has done what was left to do. */
  async end(): Promise<void> {
    await this.child.stdin.close();
    const timer = setTimeout(() => this.#kill(), END_MS);
    await this.#ended.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#ended.catch(() => {});
    await this.child.stdin.close().catch(() => {});
  }

  #kill(): void {
    try {
      this.child.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #follow(): Promise<void> {
    let rest = "";
    for await (const text of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    }
    const { code, signal } = await this.child.status;
    if (code !== 0) throw new Error(`the ${this.name} ended with ${signal ?? `exit code ${code}`}`);
  }

  #take(line: string): void {
    if (line === "ready") this.#ready.resolve();
    else this.slices.push(JSON.parse(line));
  }
}
