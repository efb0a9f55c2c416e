/** The real background service beside the bench, in a directory that nobody removes. */
import { join } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import { type Program, startProgram } from "../support/program.ts";

export interface ServiceOptions {
  /** The `persistent/` it works in. */
  readonly directory: string;
  readonly concurrency: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The services that are alive, where they do not say so in the directory. */
  readonly live?: () => Promise<readonly { readonly pid: number }[]>;
}

/** A service that takes tasks. Killed at the end of its scope. */
export class ServiceProcess implements AsyncDisposable {
  private constructor(private readonly program: Program) {}

  /** Starts one; resolves once it is ready. */
  static async start(options: ServiceOptions): Promise<ServiceProcess> {
    const { directory, concurrency, env, args = [] } = options;
    const { live = () => Promise.resolve(servicesIn(directory)) } = options;
    // Their workspace is made beside this file: never in the project.
    const TOOLS_FILE = join(directory, "..", "tools.json");
    Deno.writeTextFileSync(TOOLS_FILE, "{}");
    const flags = ["--dir", directory, "--concurrency", String(concurrency), ...args];
    const program = startProgram("background", flags, {
      env: { NO_COLOR: "1", LOG_LEVEL: "warning", TOOLS_FILE, ...env },
    });
    const service = new ServiceProcess(program);
    try {
      await service.#announced(live);
      return service;
    } catch (error) {
      await service.kill();
      throw error;
    }
  }

  get pid(): number {
    return this.program.pid;
  }

  /** Ends it at once, as a crash would; resolves when it is gone. */
  async kill(): Promise<void> {
    this.program.kill("SIGKILL");
    await this.program.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.kill("SIGTERM");
    await this.program.ended;
  }

  // Its log would cost it time; what it says of itself to others says the same.
  async #announced(live: NonNullable<ServiceOptions["live"]>): Promise<void> {
    const ended = this.program.ended.then(({ stderr }) => {
      throw new Error(`the service ended before it was ready: ${stderr}`);
    });
    ended.catch(() => {});
    while (!(await live()).some(({ pid }) => pid === this.pid)) {
      await Promise.race([ended, sleep(10)]);
    }
  }
}

function servicesIn(directory: string): { pid: number }[] {
  try {
    return [...Deno.readDirSync(join(directory, "services"))].map(({ name }) =>
      JSON.parse(Deno.readTextFileSync(join(directory, "services", name)))
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
