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
  readonly #events: InputEvent[] = [];
  #waiting: ((event: InputEvent) => void) | undefined;
  #completer: Completer = () => Promise.resolve(undefined);
  #busy: BusyOptions | undefined;
  #interrupted = false;
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
    this.#view = new LiveView(terminal, () => ({
      queued: this.#events.flatMap((event) => event.kind === "line" ? [event.text] : []),
      input: this.#editor.layout(),
      prompt,
      completion: this.#editor.completion,
    }), () => this.#cursorColumn());
    takeTerminal(terminal);
    this.#keys = new KeyReader({
      onKeys: (keys) => this.#pressed(keys),
      onEnd: () => this.#push({ kind: "end" }),
    });
  }

  print(text: string, stream?: "out" | "err"): void {
    this.#view.print(text, stream);
  }

  show(lines?: () => readonly StyledLine[], status?: () => string | undefined): void {
    this.#view.show(lines, status);
  }

  next(): Promise<InputEvent> {
    const event = this.#events.shift();
    if (event !== undefined) {
      this.#echo(event);
      return Promise.resolve(event);
    }
    this.#view.draw();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  async busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T> {
    this.#busy = options;
    this.#interrupted = false;
    try {
      return await work();
    } finally {
      this.#busy = undefined;
      this.show();
    }
  }

  interrupt(): void {
    if (this.#busy === undefined || this.#interrupted) return this.#push({ kind: "interrupt" });
    this.#interrupted = true;
    this.#takeBack();
    this.#busy.onInterrupt();
  }

  completeBy(completer: Completer): void {
    this.#completer = completer;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
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
      if (key.column !== undefined) this.#reported?.(key.column);
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
        this.#push({ kind: "line", text: action.text });
        return this.#busy?.onLine?.();
      case "escape":
        if (this.#busy !== undefined && !this.#interrupted) this.interrupt();
        return;
      case "clear":
        return this.#view.clear();
      case "cut":
        return this.print(`${action.notice}\n`, "err");
      case "interrupt":
        return this.interrupt();
      case "end":
        return this.#push(action);
    }
  }

  #push(event: InputEvent): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) {
      this.#events.push(event);
      return;
    }
    this.#echo(event);
    waiting(event);
  }

  // Who stops an answer has not meant what was to follow it: it can be changed, or sent again.
  #takeBack(): void {
    const lines = this.#events.flatMap((event) => event.kind === "line" ? [event.text] : []);
    if (lines.length === 0) return;
    const rest = this.#events.filter((event) => event.kind !== "line");
    this.#events.splice(0, Infinity, ...rest);
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
