/**
 * Both programs in one terminal: the chat here, the service beside it as a process of its own, ended
 * with the chat.
 */
import { DistinctSignals } from "../distinct_signals.ts";
import { errorLine, EXIT, exitCodeOf } from "./exit_code.ts";
import { Interrupts } from "./interrupts.ts";
import { giveTerminalBack } from "./screen/terminal_modes.ts";
import { runStart } from "./start/run_start.ts";
import { ProcessTerminal } from "./terminal.ts";

// The terminal too where the chat was cut short.
function leave(code: number): never {
  giveTerminalBack("\n");
  Deno.exit(code);
}

if (import.meta.main) {
  const interrupts = new Interrupts();
  const ending = new AbortController();
  const terminations = new DistinctSignals(() => performance.now());
  Deno.addSignalListener("SIGINT", () => interrupts.raise());
  Deno.addSignalListener("SIGHUP", () => ending.abort(EXIT.hungUp));
  Deno.addSignalListener("SIGTERM", () => {
    if (!terminations.isNew()) return;
    // The service sees the end of its input, and stops by itself.
    if (ending.signal.aborted) leave(EXIT.terminated);
    ending.abort(EXIT.terminated);
  });
  try {
    leave(await runStart(Deno.args, interrupts, ending.signal));
  } catch (error) {
    new ProcessTerminal(false).err(errorLine(error) + "\n");
    leave(exitCodeOf(error));
  }
}
