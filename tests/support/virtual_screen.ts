/** What a terminal would show, computed by xterm.js without a display. */
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";

export interface VirtualScreenOptions {
  readonly columns: number;
  readonly rows: number;
  /**
   * How wide an emoji of several parts is: `joined` as new terminals have it, `parts` as older ones
   * do, which show each part. Default `joined`.
   */
  readonly emoji?: "joined" | "parts";
  /** Whether the cursor's row is broken too when the window becomes narrower. Default false. */
  readonly rewraps?: boolean;
}

export class VirtualScreen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #rewraps: boolean;

  constructor({ columns, rows, emoji = "joined", rewraps = false }: VirtualScreenOptions) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      allowProposedApi: true,
      scrollback: 100_000,
      reflowCursorLine: rewraps,
    });
    this.#rewraps = rewraps;
    if (emoji === "joined") this.#terminal.loadAddon(new UnicodeGraphemesAddon());
  }

  /** Resolves when the screen is as the bytes make it. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  async resize(columns: number, rows: number): Promise<void> {
    const { column } = this.cursor();
    this.#terminal.resize(columns, rows);
    // xterm.js leaves the cursor at the row's edge; terminals that break its row take it along.
    if (this.#rewraps && column >= columns) await this.write(`\x1b[${column % columns + 1}G`);
  }

  /** Calls back with what the terminal answers to a program that asks it something. */
  onAnswer(callback: (bytes: string) => void): void {
    this.#terminal.onData(callback);
  }

  /** Its lines, those that have scrolled away too, without the empty ones at its end. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, i) => active.getLine(i)?.translateToString(true).trimEnd() ?? "",
    );
    return lines.slice(0, lines.findLastIndex((text) => text !== "") + 1);
  }

  /** Where the cursor is: its line among those of `lines()`, and its column, both from 0. */
  cursor(): { row: number; column: number } {
    const { baseY, cursorX, cursorY } = this.#terminal.buffer.active;
    return { row: baseY + cursorY, column: cursorX };
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}
