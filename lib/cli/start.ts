/**
 * Both programs in one terminal: the chat here, the service beside it as a process of its own, ended
 * with the chat.
 */
import { DistinctSignals } from "../distinct_signals.ts";
import { errorLine, exitCodeOf } from "./exit_code.ts";
import { Interrupts } from "./interrupts.ts";
import { runStart } from "./start/run_start.ts";
import { ProcessTerminal } from "./terminal.ts";

if (import.meta.main) {
  const interrupts = new Interrupts();
  const ending = new AbortController();
  const endings = new DistinctSignals(() => performance.now());
  Deno.addSignalListener("SIGINT", () => interrupts.raise());
  for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    Deno.addSignalListener(signal, () => {
      if (!endings.isNew()) return;
      // The service sees the end of its input, and stops by itself.
      if (ending.signal.aborted) Deno.exit(code);
      ending.abort(code);
    });
  }
  try {
    Deno.exit(await runStart(Deno.args, interrupts, ending.signal));
  } catch (error) {
    new ProcessTerminal(false).err(errorLine(error) + "\n");
    Deno.exit(exitCodeOf(error));
  }
}
