/**
 * The rows at the bottom of a terminal that change: what is drawn here is erased here, exactly, so
 * that everything else can be printed above it for good.
 *
 * Rows end in line breaks of ours, never in the terminal's own, and the cursor's column is found by
 * writing what stands before it once more: terminals disagree about the width of an emoji, but each
 * of them agrees with itself.
 */
import type { Terminal } from "../terminal.ts";
import { rowsTaken, widthOf } from "../text_width.ts";

/** One row, made safe. */
export interface ScreenRow {
  /** With its styles. */
  readonly text: string;
  /** Without them. */
  readonly plain: string;
}

/** What stands at the bottom, and where the cursor is. */
export interface LiveRegion {
  readonly rows: readonly ScreenRow[];
  readonly cursor: {
    /** From 0. */
    readonly row: number;
    /** What stands before it in its row. */
    readonly before: string;
  };
}

// Terminals that know it show what lies between at once; others ignore it.
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";

export class Screen {
  #drawn: LiveRegion | undefined;

  constructor(private readonly terminal: Terminal) {}

  /** Draws the region in place of the last one. */
  draw(region: LiveRegion): void {
    if (this.#drawn !== undefined && isEqual(this.#drawn, region)) return;
    this.#write("", region);
  }

  /**
   * Prints lines above the region for good, and draws it anew below them.
   *
   * @param text made safe
   */
  print(text: string, region: LiveRegion, stream: "out" | "err" = "out"): void {
    const lines = text === "" || text.endsWith("\n") ? text : text + "\n";
    if (stream === "out") return this.#write(lines, region);
    // Standard error may go elsewhere; here it goes to the same place, in the same order.
    this.erase();
    this.terminal.err(lines);
    this.#write("", region);
  }

  /** Takes the region away. */
  erase(): void {
    if (this.#drawn !== undefined) this.terminal.out(this.#erasure());
    this.#drawn = undefined;
  }

  /** Empties the screen; what was printed stays above it in the terminal's memory. */
  clear(region: LiveRegion): void {
    this.#drawn = undefined;
    this.#write("\x1b[H\x1b[2J", region);
  }

  /**
   * The column where the cursor is if the terminal, which is narrower now, has broken its row too;
   * `undefined` where that makes no difference, or cannot be told from a cursor left at the edge.
   */
  get rewrappedColumn(): number | undefined {
    const { columns = Infinity } = this.terminal;
    const column = widthOf(this.#drawn?.cursor.before ?? "");
    return column < columns || column % columns === columns - 1 ? undefined : column % columns;
  }

  /**
   * The terminal is wider or narrower now: the region is drawn as it fits.
   *
   * @param rewrapped the terminal has broken the cursor's row too
   */
  resized(region: LiveRegion, rewrapped: boolean): void {
    const { columns = Infinity } = this.terminal;
    // Rather one too few than one too many, where the cursor is just behind a row's end.
    const more = Math.ceil(widthOf(this.#drawn?.cursor.before ?? "") / columns) - 1;
    if (rewrapped && more > 0) this.terminal.out(`\x1b[${more}A`);
    this.#write("", region);
  }

  #write(lines: string, region: LiveRegion): void {
    const erasure = this.#drawn === undefined ? "" : this.#erasure();
    this.terminal.out(`${BEGIN}${erasure}${lines}${drawing(region)}${END}`);
    this.#drawn = region;
  }

  #erasure(): string {
    const up = rowsAbove(this.#drawn, this.terminal.columns ?? Infinity);
    return `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[J`;
  }
}

function drawing({ rows, cursor }: LiveRegion): string {
  const up = rows.length - 1 - cursor.row;
  return rows.map(({ text }) => text).join("\n") +
    `${up > 0 ? `\x1b[${up}A` : ""}\r${cursor.before}`;
}

// A terminal that became narrower breaks the rows that do not fit any more. Where it shows an emoji
// wider, too little is erased, never what was printed before.
function rowsAbove(region: LiveRegion | undefined, columns: number): number {
  return region?.rows.slice(0, region.cursor.row)
    .reduce((sum, { plain }) => sum + rowsTaken(plain, columns), 0) ?? 0;
}

function isEqual(a: LiveRegion, b: LiveRegion): boolean {
  return a.rows.length === b.rows.length && a.cursor.row === b.cursor.row &&
    a.cursor.before === b.cursor.before &&
    a.rows.every(({ text }, index) => text === b.rows[index]?.text);
}
