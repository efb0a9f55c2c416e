/** What the chat changes at the terminal, and how it is given back wherever the program ends. */
import type { Terminal } from "../terminal.ts";

const PASTES_MARKED = "\x1b[?2004h";
const PASTES_PLAIN = "\x1b[?2004l";

let taken: Terminal | undefined;

/** From now on keys come as they are pressed, and a paste is marked as one. */
export function takeTerminal(terminal: Terminal): void {
  Deno.stdin.setRaw(true);
  terminal.out(PASTES_MARKED);
  taken = terminal;
}

/**
 * Makes the terminal as it was. Done at most once for each taking; never throws.
 *
 * @param last written before: a line's end where the program breaks off
 */
export function giveTerminalBack(last = ""): void {
  if (taken === undefined) return;
  const terminal = taken;
  taken = undefined;
  try {
    terminal.out(last + PASTES_PLAIN);
    Deno.stdin.setRaw(false);
  } catch {
    // The terminal is gone.
  }
}
