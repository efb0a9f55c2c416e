/** For run_start_test.ts: starts both programs for one message, and prints what it may run then. */
import { Interrupts } from "../../../../lib/cli/interrupts.ts";
import { runStart } from "../../../../lib/cli/start/run_start.ts";

const may = () => Deno.permissions.querySync({ name: "run", command: "deno" }).state;
const before = may();
const code = await runStart(Deno.args, new Interrupts(), new AbortController().signal);
Deno.stdout.writeSync(new TextEncoder().encode(`${before}, ${code}, ${may()}\n`));
Deno.exit();
