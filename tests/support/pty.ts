/**
 * A program in a pseudo-terminal, and the screen as a person would see it.
 *
 * The terminal is made by `script` (package bsdutils, on every Debian; BSD's on macOS takes other
 * arguments); what it would show is computed by xterm.js without a display.
 */
import { VirtualScreen } from "./virtual_screen.ts";

export interface PtyOptions {
  readonly command: readonly string[];
  /** The directory it starts in. */
  readonly cwd: string;
  /** Added to the few variables that Deno itself needs; TERM is an xterm's when absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default 80. */
  readonly columns?: number;
  /** Default 24. */
  readonly rows?: number;
  /** How wide the terminal shows an emoji of several parts; see `VirtualScreenOptions`. */
  readonly emoji?: "joined" | "parts";
  /** Whether a window that becomes narrower breaks the cursor's row too; see there. */
  readonly rewraps?: boolean;
}

/** Longest wait for the screen to become as expected, in milliseconds. */
const PATIENCE_MS = 10_000;

export class Pty implements AsyncDisposable {
  readonly #terminal: VirtualScreen;
  /** Where the program's side of the terminal tells its name. */
  readonly #name: string;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #changed = new EventTarget();
  /** Everything the program wrote, escape sequences included. */
  raw = "";

  constructor({ command, cwd, env = {}, columns = 80, rows = 24, ...window }: PtyOptions) {
    this.#terminal = new VirtualScreen({ columns, rows, ...window });
    this.#terminal.onAnswer((bytes) => void this.type(bytes).catch(() => {}));
    this.#name = Deno.makeTempFileSync({ prefix: "bts-pty-" });
    const line = `tty >${quoted(this.#name)}; stty cols ${columns} rows ${rows}; ` +
      `exec ${command.map(quoted).join(" ")}`;
    this.#process = new Deno.Command("script", {
      args: ["-qefc", line, "/dev/null"],
      cwd,
      clearEnv: true,
      env: { ...inherited(), TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Of the process that makes the terminal; the program is its child. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Types keys. */
  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  /** Makes the window wider or narrower, and tells the program, as a terminal does. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#terminal.resize(columns, rows);
    const name = Deno.readTextFileSync(this.#name).trim();
    const { success } = await new Deno.Command("stty", {
      args: ["-F", name, "cols", String(columns), "rows", String(rows)],
    }).output();
    if (!success) throw new Error(`the terminal ${name} could not be resized`);
  }

  /** The screen's lines, without the empty ones at its end. */
  screen(): string[] {
    return this.#terminal.lines();
  }

  /** Where the cursor is: its line among those of `screen()`, and its column, both from 0. */
  cursor(): { row: number; column: number } {
    return this.#terminal.cursor();
  }

  /** Waits until the screen is as expected. */
  async until(expected: string | ((screen: string[]) => boolean)): Promise<void> {
    const holds = typeof expected === "string"
      ? (screen: string[]) => screen.join("\n").includes(expected)
      : expected;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => holds(this.screen()) && resolve();
    const timer = setTimeout(
      () =>
        reject(new Error(`waited for ${expected}, the screen is:\n${this.screen().join("\n")}`)),
      PATIENCE_MS,
    );
    this.#changed.addEventListener("change", check);
    check();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#changed.removeEventListener("change", check);
    }
  }

  /** The program's exit code, once it has ended. */
  async exitCode(): Promise<number> {
    const { code } = await this.#process.status;
    await this.#reading;
    return code;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#process.stdout) {
      this.raw += decoder.decode(bytes, { stream: true });
      await this.#terminal.write(bytes);
      this.#changed.dispatchEvent(new Event("change"));
    }
  }

  /** Ends the program where it has not ended by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
    await this.#reading;
    await this.#input.abort().catch(() => {});
    this.#terminal.dispose();
    await Deno.remove(this.#name).catch(() => {});
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

// Nothing of the developer's own settings gets in.
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
