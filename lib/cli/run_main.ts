/** From parsed arguments to an exit code. */
import { type Config, loadConfig } from "../config.ts";
import { openConfiguredModel } from "../open_model.ts";
import { openStorage, type Storage } from "../open_storage.ts";
import { newId } from "../task/id.ts";
import { errorLine, EXIT, exitCodeOf } from "./exit_code.ts";
import type { Interrupts } from "./interrupts.ts";
import { type ChatCommand, messageOf, parseMainArgs } from "./parse_main_args.ts";
import type { TasksCommand } from "./tasks/parse_tasks_args.ts";
import { runTasks } from "./tasks/run_tasks.ts";
import { ProcessTerminal } from "./terminal.ts";
import { Warnings } from "./warnings.ts";

/**
 * Runs main.ts's command line; what only the chat needs is loaded when it is. Every error ends as
 * one line and an exit code.
 */
export async function runMain(args: readonly string[], interrupts: Interrupts): Promise<number> {
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
    return command.kind === "tasks"
      ? await tasks(command, config, terminal, interrupts)
      : await chat(command, config, terminal, interrupts, warnings);
  } catch (error) {
    terminal.err(errorLine(error) + "\n");
    return exitCodeOf(error);
  }
}

async function tasks(
  command: Exclude<TasksCommand, { kind: "help" }>,
  config: Config,
  terminal: ProcessTerminal,
  interrupts: Interrupts,
): Promise<number> {
  return await withStorage(config, (storage) =>
    runTasks(command, {
      storage,
      terminal,
      interrupted: interrupts.toSignal(),
      now: Date.now,
      readStdin,
      config,
    }));
}

async function chat(
  command: ChatCommand,
  config: Config,
  terminal: ProcessTerminal,
  interrupts: Interrupts,
  warnings: Warnings,
): Promise<number> {
  const stdin_is_terminal = Deno.stdin.isTerminal();
  const message = await messageOf(command, { stdin_is_terminal }, readStdin);
  const model = await openConfiguredModel(config, "main");
  return await withStorage(config, async (storage) => {
    const parts = { config, storage, model };
    if (message === undefined) {
      const { runChat } = await import("./chat/run_chat.ts");
      return await runChat({ parts, command, terminal, interrupts, warnings });
    }
    const { runOneTurn } = await import("./one_turn.ts");
    return await runOneTurn({
      parts,
      command,
      message,
      terminal,
      interrupted: interrupts.toSignal(),
    });
  });
}

async function withStorage<T>(config: Config, use: (storage: Storage) => Promise<T>): Promise<T> {
  // "localhost": main never needs its name; a cancelled task's record says who cancelled it.
  const storage = await openStorage(config, {
    service_id: `main-${newId()}`,
    pid: Deno.pid,
    host: "localhost",
  });
  try {
    return await use(storage);
  } finally {
    storage.close();
  }
}

async function readStdin(): Promise<string> {
  return await new Response(Deno.stdin.readable).text();
}
