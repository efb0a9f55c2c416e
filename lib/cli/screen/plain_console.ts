/** The chat's console where nothing can be changed once it is written: TERM=dumb, a pipe. */
import process from "node:process";
import * as readline from "node:readline";
import { isContinued } from "../editor/is_continued.ts";
import type { Terminal } from "../terminal.ts";
import type { BusyOptions, ChatConsole, InputEvent } from "./chat_console.ts";
import { InputQueue } from "./input_queue.ts";

export interface PlainConsoleOptions {
  readonly terminal: Terminal;
  readonly prompt: string;
  /** Called with each line that was sent. */
  readonly onTyped: (text: string) => void;
}

export class PlainConsole implements ChatConsole {
  readonly live = false;
  readonly #lines: readline.Interface;
  readonly #input: InputQueue;
  #begun = "";

  constructor(private readonly options: PlainConsoleOptions) {
    const { terminal, prompt } = options;
    this.#input = new InputQueue({ onAsked: () => terminal.out(prompt) });
    this.#lines = readline.createInterface({ input: process.stdin, terminal: false });
    this.#lines.on("line", (text) => this.#line(text));
    this.#lines.on("close", () => this.#input.end());
  }

  print(text: string, stream: "out" | "err" = "out"): void {
    const { terminal, prompt } = this.options;
    const lines = text.endsWith("\n") ? text : text + "\n";
    const isPrompted = this.#input.isAsked;
    // What is half typed stays where it is: the terminal has it, and it is sent whole.
    if (isPrompted) terminal.out("\n");
    terminal[stream](lines);
    if (isPrompted) terminal.out(prompt);
  }

  show(): void {}

  next(): Promise<InputEvent> {
    return this.#input.next();
  }

  busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T> {
    return this.#input.busy(options, work);
  }

  interrupt(): void {
    this.#input.interrupt();
  }

  completeBy(): void {}

  close(): void {
    this.#input.close();
    this.#lines.close();
    process.stdin.pause();
  }

  #line(text: string): void {
    if (isContinued(text)) {
      this.#begun += text.slice(0, -1) + "\n";
      return;
    }
    const whole = this.#begun + text;
    this.#begun = "";
    this.options.onTyped(whole);
    this.#input.send(whole);
  }
}
