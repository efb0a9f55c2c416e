import { EXIT } from "./exit_code.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong on standard error, and gives the exit code for it. */
export function complain({ terminal }: { readonly terminal: Terminal }, message: string): number {
  terminal.err(`error: ${sanitizeLine(message)}\n`);
  return EXIT.failed;
}
