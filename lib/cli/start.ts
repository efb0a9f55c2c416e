/**
 * Both programs in one terminal: the service quietly beside the chat, ended with it.
 *
 * Each is a process of its own with just the permissions that deno.json gives it; this one may
 * start Deno and nothing else, which main may not.
 */
import { join } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { type Config, loadConfig } from "../config.ts";
import { openStorage, type Storage } from "../open_storage.ts";
import { projectDirectory } from "../project_directory.ts";
import { errorLine, EXIT, exitCodeOf } from "./exit_code.ts";
import { parseStartArgs } from "./parse_main_args.ts";
import { ProcessTerminal } from "./terminal.ts";

/** A service that has not announced itself by then has failed to start, in milliseconds. */
const START_LIMIT_MS = 30_000;

/**
 * Runs the chat with a service beside it and gives the chat's exit code.
 *
 * @param args main's own
 */
async function start(args: readonly string[], terminal: ProcessTerminal): Promise<number> {
  const command = parseStartArgs(args);
  if (command.kind === "help") {
    terminal.out(command.text);
    return EXIT.ok;
  }
  const config = loadConfig({ flags: { dir: command.dir } });
  const owner = { service_id: "start", pid: Deno.pid, host: "localhost" };
  const storage = await openStorage(config, owner);
  const service = await ServiceProcess.start(config, storage);
  const main = new AbortController();
  // Main hears Ctrl-C itself and decides; the service must not, so it is in a group of its own.
  Deno.addSignalListener("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => main.abort());
  }
  try {
    if (!await service.announced()) {
      terminal.err(`error: The service did not start; see "${service.log}"\n`);
      return EXIT.failed;
    }
    return await runChat(args, main.signal);
  } finally {
    storage.close();
    await service.stop();
  }
}

function denoArgs(name: "main" | "background"): string[] {
  const [_deno, ...args] = project.tasks[name].command.split(" ");
  const program = args.pop() ?? "";
  return [...args, join(projectDirectory(), program)];
}

async function runChat(args: readonly string[], signal: AbortSignal): Promise<number> {
  const child = new Deno.Command("deno", {
    args: [...denoArgs("main"), ...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
    signal,
  }).spawn();
  return (await child.status).code;
}

/**
 * The service, its log in `service.log` beside the tasks. Where `deno` is a script that starts the
 * real one, the service's pid is not the child's.
 */
class ServiceProcess {
  readonly log: string;
  readonly #child: Deno.ChildProcess;
  readonly #logged: Promise<void>;
  #isItself = false;
  #ended = false;

  static async start(config: Config, storage: Storage): Promise<ServiceProcess> {
    const others = await storage.presence.live();
    return new ServiceProcess(config, storage, new Set(others.map((other) => other.service_id)));
  }

  private constructor(
    config: Config,
    private readonly storage: Storage,
    private readonly others: ReadonlySet<string>,
  ) {
    this.log = join(config.persistent_dir, "service.log");
    const file = Deno.openSync(this.log, { create: true, append: true, mode: 0o600 });
    this.#child = new Deno.Command("deno", {
      args: [...denoArgs("background"), "--dir", config.persistent_dir],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.#logged = this.#child.stderr.pipeTo(file.writable);
    void this.#child.status.then(() => this.#ended = true);
  }

  /** Resolves with true once the service is ready, with false where it is not coming. */
  async announced(): Promise<boolean> {
    const { presence, disk, layout } = this.storage;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = async () => {
      const services = await presence.live();
      this.#isItself = services.some(({ pid }) => pid === this.#child.pid);
      if (services.some(({ service_id }) => !this.others.has(service_id))) resolve(true);
    };
    const watch = disk.watch(layout.services, () => void look().catch(() => resolve(false)));
    const timer = setTimeout(() => resolve(false), START_LIMIT_MS);
    void this.#child.status.then(() => resolve(false));
    await look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      watch.close();
    }
  }

  /** Asks it to stop, and waits: what runs is put back first. */
  async stop(): Promise<void> {
    if (!this.#ended && this.#isItself) this.#child.kill("SIGTERM");
    else if (!this.#ended) await terminateGroup(this.#child.pid);
    await this.#child.status;
    await this.#logged;
  }
}

// A child may be signalled without further rights; what is behind it only by a process that has
// them. The service was started detached, so that it and its script are a group of their own.
async function terminateGroup(pid: number): Promise<void> {
  await new Deno.Command("deno", {
    args: ["eval", `Deno.kill(-${pid}, "SIGTERM")`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

if (import.meta.main) {
  const terminal = new ProcessTerminal(false);
  try {
    Deno.exit(await start(Deno.args, terminal));
  } catch (error) {
    terminal.err(errorLine(error) + "\n");
    Deno.exit(exitCodeOf(error));
  }
}
