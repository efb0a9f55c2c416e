/** The conversation, and the operator's command: arguments in, exit code out. */
import { EXIT } from "./lib/cli/exit_code.ts";
import { Interrupts } from "./lib/cli/interrupts.ts";
import { runMain } from "./lib/cli/run_main.ts";
import { giveTerminalBack } from "./lib/cli/screen/terminal_modes.ts";

// What must survive is on disk already; the terminal only has to be given back as it was.
function leaveAtOnce(code: number): void {
  giveTerminalBack("\n");
  Deno.exit(code);
}

if (import.meta.main) {
  const interrupts = new Interrupts();
  Deno.addSignalListener("SIGINT", () => interrupts.raise());
  Deno.addSignalListener("SIGTERM", () => leaveAtOnce(EXIT.terminated));
  Deno.addSignalListener("SIGHUP", () => leaveAtOnce(EXIT.hungUp));
  Deno.exit(await runMain(Deno.args, interrupts));
}
