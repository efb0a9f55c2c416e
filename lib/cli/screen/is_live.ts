import type { Terminal } from "../terminal.ts";

/** Whether what was written to a terminal can be changed afterwards. */
export function isLive(
  { columns }: Pick<Terminal, "columns">,
  { capable_terminal }: { readonly capable_terminal: boolean },
): boolean {
  return columns !== undefined && capable_terminal;
}
