import { styleText } from "node:util";

/** Where a program's words go. The only place that writes to the standard streams. */
export interface Terminal {
  /** Results: standard output. */
  out(text: string): void;
  /** Bytes as they are, to standard output: for who asked for a file. */
  raw(bytes: Uint8Array): void;
  /** Everything else: standard error. */
  err(text: string): void;
  /** Columns of standard output; undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Rows of it; absent where it is no terminal. */
  readonly rows?: number | undefined;
  /** Colours for standard output. */
  readonly color: boolean;
  /** Standard error is a terminal: somebody looks on. */
  readonly watched?: boolean;
  /** Whoever read standard output has gone: nothing more need be written. */
  readonly gone?: boolean;
}

/** What decides how something looks. */
export interface Look {
  readonly columns: number;
  /** Without it what colours would say is said by marks, or not at all. */
  readonly color: boolean;
}

/** The same for what may go elsewhere than to a terminal: without columns all of it is shown. */
export type OutputLook = Pick<Terminal, "color" | "columns">;

/** Columns where nobody knows how many there are. */
const USUAL_COLUMNS = 80;

/** How something looks at a terminal, or at one of the usual width. */
export function lookOf({ columns = USUAL_COLUMNS, color }: OutputLook): Look {
  return { columns, color };
}

export type Style =
  | "dim"
  | "bold"
  | "italic"
  | "underline"
  | "strikethrough"
  | "red"
  | "green"
  | "yellow"
  | "cyan"
  | "magenta";

/** The process's own streams. A reader that has gone (`… | head -1`) is no error. */
export class ProcessTerminal implements Terminal {
  readonly color: boolean;
  gone = false;

  constructor(color: boolean) {
    this.color = color && Deno.stdout.isTerminal();
  }

  get columns(): number | undefined {
    if (!Deno.stdout.isTerminal()) return undefined;
    return Deno.consoleSize().columns || USUAL_COLUMNS;
  }

  get rows(): number | undefined {
    if (!Deno.stdout.isTerminal()) return undefined;
    return Deno.consoleSize().rows || 24;
  }

  get watched(): boolean {
    return Deno.stderr.isTerminal();
  }

  out(text: string): void {
    this.raw(encoder.encode(text));
  }

  raw(bytes: Uint8Array): void {
    if (!write(Deno.stdout, bytes)) this.gone = true;
  }

  err(text: string): void {
    write(Deno.stderr, encoder.encode(text));
  }
}

const encoder = new TextEncoder();

/** False where nobody reads the stream any more. */
function write(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): boolean {
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
}

/** The text in a style where there are colours. */
export function styled(
  terminal: { readonly color: boolean },
  style: Style | readonly Style[],
  text: string,
): string {
  if (!terminal.color || text === "" || style.length === 0) return text;
  return styleText(typeof style === "string" ? style : [...style], text, { validateStream: false });
}
