import { EXIT } from "../exit_code.ts";
import type { Prepared } from "./subcommand.ts";
import type { StandaloneContext, TasksContext } from "./tasks_context.ts";

/**
 * Runs one subcommand of the operator's command and gives the program's exit code. Results go to
 * standard output, what went wrong to standard error.
 */
export async function runTasks(command: Prepared, context: TasksContext): Promise<number> {
  if ("runAlone" in command) return await runStandalone(command, context);
  const code = await command.run(context);
  return context.interrupted.aborted ? EXIT.interrupted : code;
}

/** The same for one that opens what it works on itself. */
export async function runStandalone(
  command: Extract<Prepared, { runAlone: unknown }>,
  context: StandaloneContext,
): Promise<number> {
  const code = await command.runAlone(context);
  return context.interrupted.aborted ? EXIT.interrupted : code;
}
