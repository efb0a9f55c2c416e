import type { Completer } from "../editor/completion.ts";
import type { LiveOutput } from "./live_view.ts";

/** What the person did. */
export type InputEvent =
  | { readonly kind: "line"; readonly text: string }
  /** Ctrl-C. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D on an empty line, or the terminal is gone. */
  | { readonly kind: "end" };

export interface BusyOptions {
  /** Ctrl-C or Esc: asked for once. */
  readonly onInterrupt: () => void;
  /** The person sent a line meanwhile; it is kept. */
  readonly onLine?: () => void;
}

/** The terminal as the chat uses it: something to type in below, something said above. */
export interface ChatConsole extends LiveOutput {
  /** Whether rows can change after they were written; where not, `show` does nothing. */
  readonly live: boolean;
  /** The next thing the person does. What is typed while nobody asks is kept in order. */
  next(): Promise<InputEvent>;
  /** Runs something that takes a while, and gives what it gives. */
  busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T>;
  /** Ctrl-C, typed or sent as a signal. */
  interrupt(): void;
  /** How the Tab key completes from now on. */
  completeBy(completer: Completer): void;
  /** Gives the terminal back. */
  close(): void;
}
