import type { BusyOptions, InputEvent } from "./chat_console.ts";

export interface InputQueueOptions {
  /** Somebody asks, and there is nothing yet. */
  readonly onAsked: () => void;
  /** An event goes to whoever asks for it. */
  readonly onHanded?: (event: InputEvent) => void;
}

/** What the person did, in order, until it is asked for; and what an interrupt means just now. */
export class InputQueue {
  #events: InputEvent[] = [];
  #waiting: ((event: InputEvent) => void) | undefined;
  #busy: BusyOptions | undefined;
  #interrupted = false;
  #ended = false;

  constructor(private readonly options: InputQueueOptions) {}

  /** Whether somebody waits for the next event. */
  get isAsked(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether an interrupt stops what runs, rather than the chat. */
  get canStop(): boolean {
    return this.#busy !== undefined && !this.#interrupted;
  }

  /** The lines that were sent and wait. */
  get lines(): string[] {
    return this.#events.flatMap((event) => event.kind === "line" ? [event.text] : []);
  }

  /** The next event; `end`, as often as asked, where no more come. */
  next(): Promise<InputEvent> {
    const event = this.#events.shift() ?? (this.#ended ? { kind: "end" } as const : undefined);
    if (event !== undefined) {
      this.options.onHanded?.(event);
      return Promise.resolve(event);
    }
    this.options.onAsked();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  /** Runs something that an interrupt stops. */
  async busy<T>(options: BusyOptions, work: () => Promise<T>): Promise<T> {
    this.#busy = options;
    this.#interrupted = false;
    try {
      return await work();
    } finally {
      this.#busy = undefined;
    }
  }

  send(text: string): void {
    this.push({ kind: "line", text });
    this.#busy?.onLine?.();
  }

  interrupt(): void {
    if (this.#busy === undefined || this.#interrupted) return this.push({ kind: "interrupt" });
    this.#interrupted = true;
    this.#busy.onInterrupt();
  }

  push(event: InputEvent): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) {
      this.#events.push(event);
      return;
    }
    this.options.onHanded?.(event);
    waiting(event);
  }

  /** Takes out the lines that wait. */
  takeLines(): string[] {
    const { lines } = this;
    this.#events = this.#events.filter((event) => event.kind !== "line");
    return lines;
  }

  /** No more will come; what waits is still handed out. */
  end(): void {
    this.#ended = true;
    if (this.isAsked) this.push({ kind: "end" });
  }

  /** What waits is forgotten too. */
  close(): void {
    this.#events = [];
    this.end();
  }
}
