import { globToRegExp } from "@std/path";
import { RE2JS } from "re2js";
import { defineTool, z } from "tool";

const MAX_MATCHES = 500;
const MAX_ENTRIES = 20_000;
const MAX_DEPTH = 20;
const MAX_FILE_BYTES = 1_000_000;
const MAX_OUTPUT_LENGTH = 50_000;
const MAX_LINE_LENGTH = 300;
const SEARCH_MS = 10_000;
/** Of what a file begins with, so much tells whether it is text. */
const LOOK_BYTES = 8192;

const parameters = z.object({
  glob: z.string().min(1).max(500).optional().describe(
    'Which files, for example "*.md" (of that name at any depth), "reports/**/*.csv" (from "path" ' +
      'on), "*.{ts,js}". Default all.',
  ),
  text: z.string().min(1).max(1000).optional()
    .describe("Finds the lines that hold this text, as it is."),
  regex: z.string().min(1).max(1000).optional().describe(
    "Finds the lines that match this regular expression instead of a text. RE2's syntax: no " +
      "look-ahead, look-behind or back-references.",
  ),
  ignore_case: z.boolean().default(false).describe("Takes large and small letters for the same."),
  path: z.string().max(1000).default(".")
    .describe("The directory to search, relative to the workspace. Default the workspace."),
  context_lines: z.int().min(0).max(5).default(0)
    .describe("So many lines before and after each match."),
  limit: z.int().min(1).max(MAX_MATCHES).default(100)
    .describe("Stop after so many matching lines, or files where only names are searched."),
});
type Wanted = z.output<typeof parameters>;

export default defineTool({
  name: "search_files",
  description: "Finds files of the workspace directory by name, and lines in them by text or " +
    'regular expression. Answers "path:line: text", or the paths alone where neither text nor ' +
    "regex is given. Passes over binary files, links, node_modules, and names that begin with a " +
    "dot. read_file reads what was found.",
  parameters,
  settings: z.object({ workspace: z.string().min(1).default("./workspace") }),
  permissions: ({ workspace }) => ({ read: [workspace] }),
  effects: "none",
  timeout_seconds: 30,
  memory_mb: 256,
  async run(wanted, { settings }) {
    const root = await Deno.realPath(settings.workspace);
    const directory = await findDirectory(root, wanted.path);
    const search = new Search(wanted, directory === root ? "" : directory.slice(root.length + 1));
    await search.in(directory, "", MAX_DEPTH);
    return search.report();
  },
});

async function findDirectory(root: string, path: string): Promise<string> {
  const real = await realPath(path.startsWith("/") ? path : `${root}/${path}`, path);
  if (real !== root && !real.startsWith(`${root}/`)) throw outside(path);
  if (!(await Deno.stat(real)).isDirectory) {
    throw new Error(`"${path}" is no directory; name a file with "glob"`);
  }
  return real;
}

async function realPath(wanted: string, path: string): Promise<string> {
  try {
    return await Deno.realPath(wanted);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw outside(path);
    throw new Error(`there is no directory "${path}" in the workspace`);
  }
}

function outside(path: string): Error {
  return new Error(`"${path}" is outside the workspace, expected a path inside it`);
}

/** One walk through a directory, and what came of it. */
class Search {
  readonly #wanted: Wanted;
  /** Of the directory searched, relative to the workspace. */
  readonly #prefix: string;
  readonly #name: RE2JS | undefined;
  readonly #line: RE2JS | undefined;
  readonly #deadline = Date.now() + SEARCH_MS;
  readonly #output: string[] = [];
  #length = 0;
  #found = 0;
  #entries = 0;
  #files = 0;
  #binary = 0;
  #unreadable = 0;
  #tooDeep = 0;
  /** Files that were searched in their beginning only. */
  readonly #begun: string[] = [];
  /** Why it ended early, as what it stopped at. */
  #stopped: string | undefined;

  constructor(wanted: Wanted, prefix: string) {
    this.#wanted = wanted;
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
    this.#name = wanted.glob === undefined ? undefined : globPattern(wanted.glob);
    this.#line = linePattern(wanted);
    if (this.#name === undefined && this.#line === undefined) {
      throw new TypeError(
        'nothing to look for was named, expected "glob" for names, "text" or "regex" for lines',
      );
    }
  }

  /** Links are not followed: they may lead out, or round in a circle. */
  async in(directory: string, below: string, depth: number): Promise<void> {
    const entries = await readDirectory(directory);
    if (entries === undefined) this.#unreadable++;
    for (const { name, isFile, isDirectory } of entries ?? []) {
      this.#checkBudget();
      if (this.#stopped !== undefined) return;
      if (name.startsWith(".") || name === "node_modules") continue;
      if (isFile) await this.#lookAt(`${directory}/${name}`, below + name, name);
      else if (isDirectory && depth > 1) {
        await this.in(`${directory}/${name}`, `${below}${name}/`, depth - 1);
      } else if (isDirectory) this.#tooDeep++;
    }
  }

  report(): string {
    const { glob } = this.#wanted;
    const nothing = glob !== undefined && this.#files === 0
      ? `No file is named like "${glob}" among ${count(this.#entries, "name")}.`
      : `Nothing found in ${count(this.#files, "file")}.`;
    return [...this.#found > 0 ? this.#output : [nothing], ...this.#notes()].join("\n");
  }

  #notes(): string[] {
    const notes: string[] = [];
    if (this.#stopped !== undefined) {
      const canRaise = this.#found >= this.#wanted.limit && this.#found < MAX_MATCHES;
      const raise = canRaise ? `, or raise "limit" (at most ${MAX_MATCHES})` : "";
      notes.push(
        `Stopped at ${this.#stopped}; there may be more. Narrow it with "path", "glob" or a ` +
          `longer text${raise}`,
      );
    }
    if (this.#binary > 0) notes.push(`Passed over as no text: ${count(this.#binary, "file")}`);
    if (this.#unreadable > 0) notes.push(`Could not be read: ${this.#unreadable}`);
    if (this.#tooDeep > 0) notes.push(`Passed over as too deep: ${this.#tooDeep}`);
    if (this.#begun.length > 0) {
      const names = this.#begun.slice(0, 5).join(", ") + (this.#begun.length > 5 ? ", …" : "");
      notes.push(`Searched in the first ${MAX_FILE_BYTES} bytes only: ${names}`);
    }
    return notes.map((note) => `[${note}.]`);
  }

  #checkBudget(): void {
    this.#entries++;
    if (this.#entries > MAX_ENTRIES) this.#stopped = `${MAX_ENTRIES} files and directories`;
    if (Date.now() > this.#deadline) this.#stopped = `${SEARCH_MS / 1000} s`;
  }

  async #lookAt(file: string, path: string, name: string): Promise<void> {
    const isWanted = this.#name?.test(this.#wanted.glob?.includes("/") ? path : name) ?? true;
    if (!isWanted) return;
    this.#files++;
    const shown = this.#prefix + path;
    if (this.#line === undefined) {
      this.#say(shown);
      return this.#count("file");
    }
    const text = await this.#read(file, shown);
    if (text !== undefined) this.#searchLines(this.#line, shown, linesOf(text));
  }

  async #read(file: string, shown: string): Promise<string | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readStart(file);
    } catch {
      this.#unreadable++;
      return undefined;
    }
    if (bytes.subarray(0, LOOK_BYTES).includes(0)) {
      this.#binary++;
      return undefined;
    }
    if (bytes.length > MAX_FILE_BYTES) this.#begun.push(shown);
    return new TextDecoder().decode(bytes.subarray(0, MAX_FILE_BYTES), { stream: true });
  }

  #searchLines(pattern: RE2JS, shown: string, lines: readonly string[]): void {
    const around = this.#wanted.context_lines;
    let next: number | undefined;
    for (let i = 0; i < lines.length && this.#stopped === undefined; i++) {
      if (Date.now() > this.#deadline) this.#stopped = `${SEARCH_MS / 1000} s`;
      if (!pattern.test(lines[i] ?? "")) continue;
      const from = Math.max(next ?? 0, i - around);
      if (around > 0 && from !== next && this.#output.length > 0) this.#say("--");
      for (let j = from; j < i; j++) this.#say(`${shown}-${j + 1}- ${cut(lines[j] ?? "", 0)}`);
      this.#say(`${shown}:${i + 1}: ${cut(lines[i] ?? "", startOf(pattern, lines[i] ?? ""))}`);
      next = i + 1;
      this.#count("matching line");
      // Those that match themselves are said as matches.
      while (next <= Math.min(i + around, lines.length - 1) && !pattern.test(lines[next] ?? "")) {
        this.#say(`${shown}-${next + 1}- ${cut(lines[next] ?? "", 0)}`);
        next++;
      }
    }
  }

  #count(what: string): void {
    this.#found++;
    if (this.#found >= this.#wanted.limit) this.#stopped = count(this.#found, what);
    else if (this.#length > MAX_OUTPUT_LENGTH) this.#stopped = `${MAX_OUTPUT_LENGTH} characters`;
  }

  #say(line: string): void {
    this.#output.push(line);
    this.#length += line.length;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

// Both patterns are matched in a time that grows with the text alone, whatever the model wrote.
function globPattern(glob: string): RE2JS {
  const options = { extended: false, globstar: true, os: "linux" } as const;
  try {
    return RE2JS.compile(globToRegExp(glob.replace(/^\.\//, ""), options).source);
  } catch {
    throw new SyntaxError(`"${glob}" is no glob, expected one such as "*.md" or "src/**/*.ts"`);
  }
}

function linePattern({ text, regex, ignore_case }: Wanted): RE2JS | undefined {
  if (text !== undefined && regex !== undefined) {
    throw new TypeError('"text" and "regex" were both given, expected one of them');
  }
  const flags = ignore_case ? RE2JS.CASE_INSENSITIVE : 0;
  if (text?.includes("\n")) {
    throw new TypeError("the text has several lines, expected part of one line");
  }
  if (text !== undefined) return RE2JS.compile(RE2JS.quote(text), flags);
  if (regex === undefined) return undefined;
  try {
    return RE2JS.compile(RE2JS.translateRegExp(regex), flags);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(
      `"${regex}" is no regular expression in RE2's syntax, which has no look-ahead, look-behind ` +
        `or back-references (${why})`,
    );
  }
}

// The break at the end of the last line begins no other.
function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function startOf(pattern: RE2JS, line: string): number {
  const matcher = pattern.matcher(line);
  return matcher.find() ? matcher.start() : 0;
}

// A window of a long line, with its match in it.
function cut(line: string, at: number): string {
  if (line.length <= MAX_LINE_LENGTH) return line;
  const from = Math.max(0, Math.min(at - 50, line.length - MAX_LINE_LENGTH));
  const to = from + MAX_LINE_LENGTH;
  const shown = line.slice(from, to).toWellFormed();
  return `${from > 0 ? "…" : ""}${shown}${to < line.length ? "…" : ""}`;
}

async function readDirectory(path: string): Promise<Deno.DirEntry[] | undefined> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return undefined;
  }
}

/** At most one byte more than is searched. */
async function readStart(file: string): Promise<Uint8Array> {
  using handle = await Deno.open(file);
  const bytes = new Uint8Array(Math.min((await handle.stat()).size, MAX_FILE_BYTES) + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = await handle.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
