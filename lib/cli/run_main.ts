/** From parsed arguments to an exit code. */
import { type Config, loadConfig } from "../config.ts";
import { openConfiguredModel } from "../open_model.ts";
import { openStorage, type Storage } from "../open_storage.ts";
import { newId } from "../task/id.ts";
import { errorLine, EXIT, exitCodeOf } from "./exit_code.ts";
import { Interrupted } from "./interrupted.ts";
import type { Interrupts } from "./interrupts.ts";
import { type ChatCommand, messageOf, parseMainArgs } from "./parse_main_args.ts";
import { readStdin } from "./read_stdin.ts";
import type { TasksCommand } from "./tasks/parse_tasks_args.ts";
import { runStandalone, runTasks } from "./tasks/run_tasks.ts";
import { ProcessTerminal } from "./terminal.ts";
import { Warnings } from "./warnings.ts";

/** What the program is part of, where it is not alone. */
export interface Surroundings {
  /** Aborted when the process is told to end: what runs is stopped, and the terminal given back. */
  readonly ending?: AbortSignal;
  /** The background service ends with the chat. */
  readonly ends_service?: boolean;
  /** What was opened already, by whoever closes it. Default: opened here, and closed at the end. */
  readonly storage?: Storage;
}

/** What the chat and the operator's command are given besides their command. */
interface Context extends Surroundings {
  readonly config: Config;
  readonly terminal: ProcessTerminal;
  readonly interrupts: Interrupts;
  readonly warnings: Warnings;
}

/**
 * Runs main.ts's command line; what only the chat needs is loaded when it is. Every error ends as
 * one line and an exit code.
 */
export async function runMain(
  args: readonly string[],
  interrupts: Interrupts,
  surroundings: Surroundings = {},
): Promise<number> {
  let terminal = new ProcessTerminal(false);
  try {
    const command = parseMainArgs(args);
    if (command.kind === "help") {
      terminal.out(command.text);
      return EXIT.ok;
    }
    const config = loadConfig({ flags: { dir: command.dir } });
    terminal = new ProcessTerminal(config.color);
    const warnings = new Warnings((line) => terminal.err(line + "\n"));
    await warnings.listen();
    const context = { ...surroundings, config, terminal, interrupts, warnings };
    return command.kind === "tasks" ? await tasks(command, context) : await chat(command, context);
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    terminal.err(errorLine(error) + "\n");
    return exitCodeOf(error);
  }
}

async function tasks(
  command: Exclude<TasksCommand, { kind: "help" }>,
  context: Context,
): Promise<number> {
  const { config, terminal, interrupts } = context;
  const interrupted = interrupts.toSignal();
  const parts = {
    terminal,
    interrupted,
    now: Date.now,
    readStdin: () => readStdin(interrupted),
    config,
  };
  if ("runAlone" in command) return await runStandalone(command, parts);
  return await withStorage(context, (storage) => runTasks(command, { ...parts, storage }));
}

async function chat(command: ChatCommand, context: Context): Promise<number> {
  const { config, terminal, interrupts, ending } = context;
  const stops = [interrupts.toSignal(), ...(ending === undefined ? [] : [ending])];
  const interrupted = AbortSignal.any(stops);
  const stdin_is_terminal = Deno.stdin.isTerminal();
  const message = await messageOf(command, { stdin_is_terminal }, () => readStdin(interrupted));
  const model = await openConfiguredModel(config, "main");
  return await withStorage(context, async (storage) => {
    const parts = { config, storage, model };
    if (message === undefined) {
      const { runChat } = await import("./chat/run_chat.ts");
      return await runChat({ ...context, parts, command });
    }
    const { runOneTurn } = await import("./one_turn.ts");
    return await runOneTurn({ parts, command, message, terminal, interrupted });
  });
}

async function withStorage<T>(
  { config, storage: opened }: Pick<Context, "config" | "storage">,
  use: (storage: Storage) => Promise<T>,
): Promise<T> {
  if (opened !== undefined) return await use(opened);
  // "localhost": main never needs its name; a cancelled task's record says who cancelled it.
  const storage = await openStorage(config, {
    service_id: `main-${newId()}`,
    pid: Deno.pid,
    host: "localhost",
  });
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}
