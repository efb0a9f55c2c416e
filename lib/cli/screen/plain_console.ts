/** The chat's console where nothing can be changed once it is written: TERM=dumb, a pipe. */
import process from "node:process";
import * as readline from "node:readline";
import type { Terminal } from "../terminal.ts";
import type { BusyOptions, ChatConsole, InputEvent } from "./chat_console.ts";

export interface PlainConsoleOptions {
  readonly terminal: Terminal;
  readonly prompt: string;
  /** Called with each line that was sent. */
  readonly onTyped: (text: string) => void;
}

export class PlainConsole implements ChatConsole {
  readonly live = false;
  readonly #lines: readline.Interface;
  readonly #events: InputEvent[] = [];
  #waiting: ((event: InputEvent) => void) | undefined;
  #busy: BusyOptions | undefined;
  #interrupted = false;
  #ended = false;
  #begun = "";

  constructor(private readonly options: PlainConsoleOptions) {
    this.#lines = readline.createInterface({ input: process.stdin, terminal: false });
    this.#lines.on("line", (text) => this.#line(text));
    this.#lines.on("close", () => {
      this.#ended = true;
      this.#push({ kind: "end" });
    });
  }

  print(text: string, stream: "out" | "err" = "out"): void {
    const { terminal, prompt } = this.options;
    const lines = text.endsWith("\n") ? text : text + "\n";
    const isPrompted = this.#waiting !== undefined && !this.#ended;
    // What is half typed stays where it is: the terminal has it, and it is sent whole.
    if (isPrompted) terminal.out("\n");
    terminal[stream](lines);
    if (isPrompted) terminal.out(prompt);
  }

  show(): void {}

  next(): Promise<InputEvent> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.#ended) return Promise.resolve({ kind: "end" });
    this.options.terminal.out(this.options.prompt);
    return new Promise((resolve) => this.#waiting = resolve);
  }

  async busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T> {
    this.#busy = options;
    this.#interrupted = false;
    try {
      return await work();
    } finally {
      this.#busy = undefined;
    }
  }

  interrupt(): void {
    if (this.#busy === undefined || this.#interrupted) return this.#push({ kind: "interrupt" });
    this.#interrupted = true;
    this.#busy.onInterrupt();
  }

  completeBy(): void {}

  close(): void {
    this.#ended = true;
    this.#lines.close();
    process.stdin.pause();
  }

  // A backslash at a line's end goes on in the next line, as in the other console.
  #line(text: string): void {
    const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
    if (backslashes % 2 === 1) {
      this.#begun += text.slice(0, -1) + "\n";
      return;
    }
    const whole = this.#begun + text;
    this.#begun = "";
    this.options.onTyped(whole);
    this.#push({ kind: "line", text: whole });
    this.#busy?.onLine?.();
  }

  #push(event: InputEvent): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#events.push(event);
    else waiting(event);
  }
}
