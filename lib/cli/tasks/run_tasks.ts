import { EXIT } from "../exit_code.ts";
import type { Prepared } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

/**
 * Runs one subcommand of the operator's command and gives the program's exit code. Results go to
 * standard output, what went wrong to standard error.
 */
export async function runTasks(command: Prepared, context: TasksContext): Promise<number> {
  const code = await command.run(context);
  return context.interrupted.aborted ? EXIT.interrupted : code;
}
