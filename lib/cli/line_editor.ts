/**
 * The line a person types at the bottom of a terminal, over node:readline, with text that arrives
 * meanwhile printed above it: the half-typed line stays as it is, cursor included.
 */
import process from "node:process";
import * as readline from "node:readline";
import { Writable } from "node:stream";
import type { Terminal } from "./terminal.ts";

/** What the person did. */
export type LineEvent =
  | { readonly kind: "line"; readonly text: string }
  /** Ctrl-C. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D on an empty line, or the terminal is gone. */
  | { readonly kind: "end" };

export interface LineEditorOptions {
  readonly terminal: Terminal;
  readonly prompt: string;
  /** Earlier lines for the arrow keys, newest first. */
  readonly history: readonly string[];
  /** The terminal knows cursor movements (it is not TERM=dumb). */
  readonly capable: boolean;
}

// In Node's types since 16.4, and what a redraw depends on; see the constructor of its Interface.
interface Redrawable extends readline.Interface {
  prevRows?: number;
  history?: string[];
}

export class LineEditor {
  readonly #output: EchoStream;
  readonly #interface: Redrawable;
  readonly #events: LineEvent[] = [];
  #waiting: ((event: LineEvent) => void) | undefined;
  #onInterrupt: (() => void) | undefined;
  #ended = false;

  constructor(private readonly options: LineEditorOptions) {
    this.#output = new EchoStream(options.terminal);
    this.#interface = readline.createInterface({
      input: process.stdin,
      output: this.#output,
      terminal: options.capable,
      prompt: options.prompt,
      history: [...options.history],
      historySize: 500,
      removeHistoryDuplicates: true,
    });
    this.#interface.on("line", (text) => this.#push({ kind: "line", text }));
    this.#interface.on("SIGINT", () => this.interrupt());
    // Readline's own answer to Ctrl-Z needs the right to send signals, which main does not have.
    this.#interface.on("SIGTSTP", () => {});
    this.#interface.on("close", () => {
      this.#ended = true;
      this.#push({ kind: "end" });
    });
  }

  /** The next thing the person does. What is typed while nobody asks is kept in order. */
  next(): Promise<LineEvent> {
    const event = this.#events.shift();
    if (event !== undefined) {
      // Typed while nobody asked, so it was not echoed.
      if (event.kind === "line") this.options.terminal.out(`${this.options.prompt}${event.text}\n`);
      return Promise.resolve(event);
    }
    if (this.#ended) return Promise.resolve({ kind: "end" });
    this.#showPrompt();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  /**
   * Runs something that writes to the terminal itself. What is typed meanwhile is not shown until
   * it is over; Ctrl-C calls `onInterrupt`.
   */
  async whileBusy<T>(onInterrupt: () => void, work: () => Promise<T>): Promise<T> {
    this.#output.muted = true;
    this.#onInterrupt = onInterrupt;
    try {
      return await work();
    } finally {
      this.#onInterrupt = undefined;
      this.#output.muted = false;
    }
  }

  /** Prints whole lines above the line being typed. */
  printAbove(text: string): void {
    const lines = text.endsWith("\n") ? text : text + "\n";
    const { terminal, capable, prompt } = this.options;
    if (this.#waiting === undefined || this.#ended) return terminal.out(lines);
    if (!capable) return terminal.out(`\n${lines}${prompt}`);
    // Where the terminal's cursor is within the prompt and the line, which may wrap over rows.
    const { rows } = this.#interface.getCursorPos();
    const up = rows > 0 ? `\x1b[${rows}A` : "";
    terminal.out(`\r${up}\x1b[J${lines}`);
    this.#interface.prevRows = 0;
    this.#interface.prompt(true);
  }

  /** Ctrl-C, typed or sent as a signal. */
  interrupt(): void {
    if (this.#onInterrupt !== undefined) this.#onInterrupt();
    else this.#push({ kind: "interrupt" });
  }

  /** Gives the terminal back. */
  close(): void {
    this.#ended = true;
    this.#output.muted = true;
    this.#interface.close();
    this.#output.destroy();
    process.stdin.pause();
  }

  #showPrompt(): void {
    this.#interface.prevRows = 0;
    this.#interface.prompt(true);
  }

  #push(event: LineEvent): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#events.push(event);
    else waiting(event);
  }
}

/** Standard output for readline's echo, which can be held back. */
class EchoStream extends Writable {
  muted = false;
  readonly isTTY = true;

  constructor(private readonly terminal: Terminal) {
    super({ decodeStrings: false });
    process.stdout.on("resize", this.#onResize);
  }

  readonly #onResize = () => void this.emit("resize");

  get columns(): number {
    return this.terminal.columns ?? 80;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    if (!this.muted) {
      this.terminal.out(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk));
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    process.stdout.off("resize", this.#onResize);
    done(error);
  }
}
