/** The service as a child of this process. */
import { join } from "@std/path";
import project from "../../../deno.json" with { type: "json" };
import type { Config } from "../../config.ts";
import type { Storage } from "../../open_storage.ts";
import { projectDirectory } from "../../project_directory.ts";
import type { ServiceLog } from "./service_log.ts";

/** How a process ended, for people, and its exit code where it had one of its own. */
export interface Ended {
  readonly how: string;
  readonly code: number | undefined;
}

/**
 * A running service, with just the permissions that deno.json gives it. It stops by itself when this
 * process is gone: its standard input ends then.
 */
export class OwnService {
  /** Resolves when it is gone and all it said is in the log, with how it ended. */
  readonly ended: Promise<Ended>;
  /** Whether it was told to stop. */
  isAsked = false;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /**
   * Starts it. Needs `--allow-run=deno`.
   *
   * @throws {Error} when there is no `deno` to start
   */
  constructor(config: Config, readonly log: ServiceLog) {
    this.#child = spawnService(config);
    this.#input = this.#child.stdin.getWriter();
    this.ended = this.#run();
  }

  /** Resolves with true once a service is there, with false where this one is not coming. */
  async announced({ presence }: Pick<Storage, "presence">): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = async () => {
      if ((await presence.live()).length > 0) resolve(true);
    };
    const watch = presence.watch(() => void look().catch(() => resolve(false)));
    void this.ended.then(() => resolve(false));
    try {
      await look();
      return await promise;
    } finally {
      watch.close();
    }
  }

  /** The same as a signal: the first asks it to stop, the second to leave at once. */
  signal(): void {
    this.isAsked = true;
    this.#input.write(new TextEncoder().encode("\n")).catch(() => {});
  }

  /** Ends it where it does not listen. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has just gone by itself.
    }
  }

  async #run(): Promise<Ended> {
    const logged = this.log.take(this.#child.stderr);
    const { code, signal } = await this.#child.status;
    await this.#input.abort().catch(() => {});
    await logged;
    return signal === null ? { how: `exit code ${code}`, code } : { how: signal, code: undefined };
  }
}

function spawnService(config: Config): Deno.ChildProcess {
  try {
    return new Deno.Command("deno", {
      args: serviceArgs(config),
      env: { NO_COLOR: "1" },
      // The chat hears Ctrl-C and decides; the service must not, so it is in a group of its own.
      detached: true,
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error("Cannot start the background service: put deno on the PATH", { cause });
  }
}

function serviceArgs(config: Config): string[] {
  const [_deno, ...args] = project.tasks.background.command.split(" ");
  const program = args.pop() ?? "";
  return [
    ...args,
    join(projectDirectory(), program),
    "--dir",
    config.persistent_dir,
    "--log-format",
    config.log_format,
    "--stop-with-stdin",
  ];
}
