/** Lines that still change, drawn when there is something to see and not more often. */
import process from "node:process";
import type { StyledLine } from "../styled_line.ts";
import type { Terminal } from "../terminal.ts";
import { composeRegion, type RegionParts } from "./compose_region.ts";
import { type LiveRegion, Screen } from "./screen.ts";

/** Where an answer is shown while it comes. */
export interface LiveOutput {
  /** Prints lines for good, above what may still change. */
  print(text: string, stream?: "out" | "err"): void;
  /**
   * What may still change, and a line that tells what goes on; both until the next call.
   *
   * @param lines asked for when they are drawn; absent: there is nothing of that kind any more
   * @param status asked for each second too; `undefined` where there is nothing to tell
   */
  show(lines?: () => readonly StyledLine[], status?: () => string | undefined): void;
}

/** What stands below it all. */
export type Below = Pick<RegionParts, "queued" | "input" | "prompt" | "completion">;

/** What streams is drawn at most so often, in milliseconds. */
const FRAME_MS = 30;
/** The status line tells the time, so it is drawn again after so many milliseconds. */
const TICK_MS = 1_000;

/** Where the terminal's cursor is; `undefined` where it does not say. */
export type CursorColumn = () => Promise<number | undefined>;

const NOTHING: Below = { queued: [], input: undefined, prompt: "", completion: undefined };

export class LiveView implements LiveOutput {
  readonly #screen: Screen;
  #lines: (() => readonly StyledLine[]) | undefined;
  #status: (() => string | undefined) | undefined;
  #frame: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #drawnAt = 0;
  /** Set while it is asked what the terminal has done to the rows. */
  #resizing = false;
  #closed = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly below = () => NOTHING,
    private readonly cursorColumn: CursorColumn = () => Promise.resolve(undefined),
  ) {
    this.#screen = new Screen(terminal);
    process.stdout.on("resize", this.#onResize);
  }

  print(text: string, stream: "out" | "err" = "out"): void {
    if (this.#closed) return this.terminal[stream](text.endsWith("\n") ? text : text + "\n");
    this.#cancelFrame();
    this.#screen.print(text, this.#region(), stream);
  }

  show(lines?: () => readonly StyledLine[], status?: () => string | undefined): void {
    if (this.#closed) return;
    this.#lines = lines;
    this.#status = status;
    if (status === undefined) {
      clearInterval(this.#tick);
      this.#tick = undefined;
    } else {
      this.#tick ??= setInterval(() => this.draw(), TICK_MS);
    }
    const pause = Math.max(0, this.#drawnAt + FRAME_MS - performance.now());
    this.#frame ??= setTimeout(() => this.draw(), pause);
  }

  /** Draws what has changed below, now. */
  draw(): void {
    this.#cancelFrame();
    if (this.#resizing || this.#closed) return;
    this.#drawnAt = performance.now();
    this.#screen.draw(this.#region());
  }

  /** Empties the screen but for what still changes. */
  clear(): void {
    if (this.#closed) return;
    this.#screen.clear(this.#region());
  }

  /** Takes everything away that was not printed for good. From then on it only prints, below. */
  close(): void {
    this.#closed = true;
    process.stdout.off("resize", this.#onResize);
    this.#cancelFrame();
    clearInterval(this.#tick);
    this.#screen.erase();
  }

  // Some terminals break the cursor's row too when they become narrower, others leave it to the
  // program: the column tells.
  readonly #onResize = async () => {
    if (this.#resizing) return;
    this.#resizing = true;
    const expected = this.#screen.rewrappedColumn;
    const column = expected === undefined ? undefined : await this.cursorColumn();
    this.#resizing = false;
    if (this.#closed) return;
    const rewrapped = column !== undefined && column === this.#screen.rewrappedColumn;
    this.#screen.resized(this.#region(), rewrapped);
  };

  #cancelFrame(): void {
    clearTimeout(this.#frame);
    this.#frame = undefined;
  }

  #region(): LiveRegion {
    const { columns = 80, rows = 24, color } = this.terminal;
    const parts = { ...this.below(), lines: this.#lines?.(), status: this.#status?.() };
    return composeRegion(parts, { columns, rows, color });
  }
}
