/** The chat's console on a terminal whose rows can change after they were written. */
import type { Completer } from "../editor/completion.ts";
import type { InputHistory } from "../editor/input_history.ts";
import type { Key } from "../editor/key.ts";
import { shownAs } from "../editor/layout.ts";
import { type EditorAction, LineEditor } from "../editor/line_editor.ts";
import type { StyledLine } from "../styled_line.ts";
import { styled, type Terminal } from "../terminal.ts";
import { graphemesOf } from "../text_width.ts";
import type { BusyOptions, ChatConsole, InputEvent } from "./chat_console.ts";
import { InputQueue } from "./input_queue.ts";
import { KeyReader } from "./key_reader.ts";
import { LiveView } from "./live_view.ts";
import { giveTerminalBack, takeTerminal } from "./terminal_modes.ts";

export interface ScreenConsoleOptions {
  readonly terminal: Terminal;
  readonly prompt: string;
  readonly history: InputHistory;
  /** Called with each line that was sent, and with one that was being typed when the chat ended. */
  readonly onTyped: (text: string) => void;
}

/** A terminal that has not said within this time where its cursor is never does. */
const REPORT_MS = 200;
const ASK_CURSOR = "\x1b[6n";

export class ScreenConsole implements ChatConsole {
  readonly live = true;
  readonly #view: LiveView;
  readonly #editor: LineEditor;
  readonly #keys: KeyReader;
  readonly #input: InputQueue;
  #completer: Completer = () => Promise.resolve(undefined);
  #closed = false;
  #reported: ((column: number | undefined) => void) | undefined;

  constructor(private readonly options: ScreenConsoleOptions) {
    const { terminal, prompt, history } = options;
    this.#editor = new LineEditor({
      prompt,
      history,
      columns: () => terminal.columns ?? 80,
      completer: (buffer) => this.#completer(buffer),
      onChange: () => this.#view.draw(),
    });
    this.#input = new InputQueue({
      onAsked: () => this.#view.draw(),
      onHanded: (event) => this.#echo(event),
    });
    this.#view = new LiveView(terminal, () => ({
      queued: this.#input.lines,
      input: this.#editor.layout(),
      prompt,
      completion: this.#editor.completion,
    }), () => this.#cursorColumn());
    takeTerminal(terminal);
    this.#keys = new KeyReader({
      onKeys: (keys) => this.#pressed(keys),
      onEnd: () => this.#input.end(),
    });
  }

  print(text: string, stream?: "out" | "err"): void {
    this.#view.print(text, stream);
  }

  show(lines?: () => readonly StyledLine[], status?: () => string | undefined): void {
    this.#view.show(lines, status);
  }

  next(): Promise<InputEvent> {
    return this.#input.next();
  }

  async busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#input.busy(options, work);
    } finally {
      this.show();
    }
  }

  interrupt(): void {
    if (this.#input.canStop) this.#takeBack();
    this.#input.interrupt();
  }

  completeBy(completer: Completer): void {
    this.#completer = completer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input.close();
    this.#keys.close();
    this.#reported?.(undefined);
    this.#view.close();
    const { text } = this.#editor.buffer;
    if (text !== "") {
      this.options.onTyped(text);
      this.options.terminal.out(this.#echoed(text));
    }
    giveTerminalBack();
  }

  #pressed(keys: readonly Key[]): void {
    for (const key of keys) {
      // An answer to a question of ours: nobody has pressed it.
      if (key.column !== undefined) {
        this.#reported?.(key.column);
        continue;
      }
      const action = this.#editor.handle(key);
      if (action !== undefined) this.#act(action);
    }
    this.#view.draw();
  }

  async #cursorColumn(): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#reported = resolve;
    const timer = setTimeout(() => resolve(undefined), REPORT_MS);
    this.options.terminal.out(ASK_CURSOR);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#reported = undefined;
    }
  }

  #act(action: EditorAction): void {
    switch (action.kind) {
      case "send":
        if (action.text.trim() === "") return;
        this.options.onTyped(action.text);
        return this.#input.send(action.text);
      case "escape":
        if (this.#input.canStop) this.interrupt();
        return;
      case "clear":
        return this.#view.clear();
      case "cut":
        return this.print(`${action.notice}\n`, "err");
      case "interrupt":
        return this.interrupt();
      case "end":
        return this.#input.push(action);
    }
  }

  // Who stops an answer has not meant what was to follow it: it can be changed, or sent again.
  #takeBack(): void {
    const lines = this.#input.takeLines();
    if (lines.length === 0) return;
    const { text } = this.#editor.buffer;
    this.#editor.set([...lines, ...(text === "" ? [] : [text])].join("\n"));
  }

  #echo(event: InputEvent): void {
    if (event.kind === "line") this.print(this.#echoed(event.text));
  }

  // Not broken into rows: the terminal does that, anew when it is resized.
  #echoed(text: string): string {
    const { prompt, terminal } = this.options;
    const lines = text.split("\n").map((line) => graphemesOf(line).map(shownAs).join(""));
    return `${styled(terminal, "cyan", prompt)}${lines.join("\n" + " ".repeat(prompt.length))}\n`;
  }
}
