import type { Terminal } from "../../lib/cli/terminal.ts";

/** A terminal without colours that keeps what is written to it. */
export class CapturedTerminal implements Terminal {
  stdout = "";
  stderr = "";
  readonly color = false;
  readonly columns = undefined;

  out(text: string): void {
    this.stdout += text;
  }

  raw(bytes: Uint8Array): void {
    this.stdout += new TextDecoder().decode(bytes);
  }

  err(text: string): void {
    this.stderr += text;
  }
}
