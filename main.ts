/** The conversation, and the operator's command: arguments in, exit code out. */
import { Interrupts } from "./lib/cli/interrupts.ts";
import { runMain } from "./lib/cli/run_main.ts";

if (import.meta.main) {
  const interrupts = new Interrupts();
  Deno.addSignalListener("SIGINT", () => interrupts.raise());
  Deno.exit(await runMain(Deno.args, interrupts));
}
