/**
 * Reads what the files in `tools/` declare, each in a process of its own that has no permission:
 * one that throws, hangs or floods is left out with a reason, the others are not held up by it.
 */
import { basename, join, toFileUrl } from "@std/path";
import {
  checkDeclaration,
  type Declaration,
  TOOL_NAME,
  type UnreadableTool,
} from "./declaration.ts";
import type { Launch } from "./launch.ts";
import type { SandboxLimits } from "./limits.ts";
import { ProcessChannel } from "./process_channel.ts";
import { fetchPackages } from "./fetch_packages.ts";
import { plainText } from "./plain_text.ts";
import { toolCommand } from "./tool_command.ts";
import { initFields } from "./tool_process.ts";
import type { FromProcess } from "./wire.ts";
import type { ToolsFile } from "./tools_file.ts";

/** Options of {@linkcode readDeclarations}. */
export interface ReadDeclarationsOptions {
  /** An absolute path. */
  readonly directory: string;
  readonly launch: Launch;
  readonly toolsFile: ToolsFile;
  readonly environment: Readonly<Record<string, string>>;
  readonly code_directories: readonly string[];
  readonly limits: SandboxLimits;
  /** Ends what is under way; what is not read by then is left out. */
  readonly signal?: AbortSignal | undefined;
  /** Told of what takes long. */
  readonly info?: ((sentence: string) => void) | undefined;
}

type Read = Declaration | UnreadableTool;

// Enough to load a large library; a declaration does not work with data.
const MEMORY_MB = 256;
const REASON_LENGTH = 1000;
const STOPPING = "the service is stopping";

/** Reads all of them, sorted by file. Never throws for what a tool does. */
export async function readDeclarations(options: ReadDeclarationsOptions): Promise<Read[]> {
  const files = await toolFiles(options.directory);
  const found: Read[] = [];
  const queue = files.entries();
  const work = async () => {
    for (const [index, file] of queue) found[index] = await readOne(file, files, options);
  };
  await Promise.all(Array.from({ length: options.limits.parallel_declarations }, work));
  return withoutDoubles(found);
}

async function toolFiles(directory: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const isCode = /\.(ts|js|mjs)$/.test(name) && !name.endsWith(".d.ts");
      if (!isDirectory && isCode && !name.startsWith(".")) files.push(join(directory, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort();
}

// Packages are fetched only when they turn out to be missing: asking each time costs more than
// everything else here.
async function readOne(
  file: string,
  files: readonly string[],
  options: ReadDeclarationsOptions,
): Promise<Read> {
  const { environment, launch, limits, signal, info } = options;
  if (signal?.aborted) return { name: stem(file), file, reason: STOPPING };
  const first = await new Reading(file, files, options).result();
  if (!first.needs_packages || signal?.aborted) return first.read;
  if (launch.kind === "self") return withoutPackages(first.read);
  info?.(`Fetching the packages of the tool "${stem(file)}".`);
  const { fetch_seconds } = limits;
  const problem = await fetchPackages(file, { environment, fetch_seconds, signal });
  if (signal?.aborted) return { ...first.read, reason: STOPPING };
  const second = await new Reading(file, files, options).result();
  if (!("reason" in second.read)) return second.read;
  const why = problem ?? second.read.reason;
  return { ...second.read, reason: `its packages cannot be loaded: ${why}` };
}

function withoutPackages(read: Read): Read {
  const why = "reason" in read ? read.reason : "they are not there";
  const reason = `its packages cannot be loaded: ${why} (a binary has those of the tools that it ` +
    "was compiled with: compile it again)";
  return { name: read.name, file: read.file, reason };
}

/** One process that is asked what one file declares. */
class Reading {
  readonly #file: string;
  readonly #files: readonly string[];
  readonly #options: ReadDeclarationsOptions;
  readonly #done = Promise.withResolvers<{ read: Read; needs_packages: boolean }>();
  #name: string;
  #named = false;
  #channel: ProcessChannel | undefined;

  constructor(file: string, files: readonly string[], options: ReadDeclarationsOptions) {
    this.#file = file;
    this.#files = files;
    this.#options = options;
    this.#name = stem(file);
  }

  async result(): Promise<{ read: Read; needs_packages: boolean }> {
    const seconds = this.#options.limits.start_seconds;
    let channel: ProcessChannel;
    try {
      channel = this.#channel = this.#start();
    } catch (error) {
      this.#refuse(
        `its process cannot be started: ${error instanceof Error ? error.message : error}`,
      );
      return this.#done.promise;
    }
    const late = `it did not declare itself within ${seconds} s and was stopped`;
    const timer = setTimeout(() => channel.kill(late), seconds * 1000);
    channel.ended.then((why) => this.#refuse(why));
    const stop = () => channel.kill(STOPPING);
    this.#options.signal?.addEventListener("abort", stop, { once: true });
    const result = await this.#done.promise;
    clearTimeout(timer);
    this.#options.signal?.removeEventListener("abort", stop);
    channel.kill("its declaration was read");
    await channel.ended;
    return result;
  }

  #start(): ProcessChannel {
    const { environment, launch, limits, code_directories, directory } = this.#options;
    const instance = crypto.randomUUID();
    const command = toolCommand({
      launch,
      flags: [],
      code_directories,
      memory_mb: MEMORY_MB,
      instance,
      environment,
      net: false,
      run: false,
      env: [],
      cwd: directory,
      name: this.#name,
    });
    const channel = new ProcessChannel({
      command,
      instance,
      launch,
      run: false,
      memory_mb: MEMORY_MB,
      limits,
      onMessage: (message) => this.#receive(message),
    });
    const module = toFileUrl(this.#file).href;
    channel.send({
      ...initFields(channel, MEMORY_MB, limits, module),
      type: "init",
      mode: "declare",
    });
    return channel;
  }

  #receive(message: FromProcess): boolean {
    // Once only: of several names, each would bring the settings of another tool.
    if (message.type === "name" && !this.#named) this.#giveSettings(message.name);
    else if (message.type === "failed") this.#refuse(message.error, message.needs_packages);
    else if (message.type === "declaration") {
      const read = checkDeclaration(this.#name, this.#file, message.declaration);
      this.#done.resolve({ read, needs_packages: false });
    } else return false;
    return true;
  }

  // Settings may hold secrets: a tool is not given those of another by taking its name.
  #giveSettings(name: string): void {
    this.#named = true;
    const owner = this.#files.find((file) => stem(file) === name);
    if (!TOOL_NAME.test(name)) {
      const expected = 'a letter or "_", then at most 63 letters, digits, "_" or "-"';
      return this.#refuse(`its name is "${name.slice(0, 100)}", expected ${expected}`);
    }
    if (owner !== undefined && owner !== this.#file) {
      return this.#refuse(`its name "${name}" is that of "${basename(owner)}"`);
    }
    this.#name = name;
    const settings = this.#options.toolsFile[name]?.settings ?? {};
    this.#channel?.send({ type: "settings", settings });
  }

  #refuse(why: string, needs_packages = false): void {
    const reason = plainText(why, REASON_LENGTH);
    const read = { name: this.#name, file: this.#file, reason };
    this.#done.resolve({ read, needs_packages });
  }
}

// Of several files with one name, none of them called so, the first by file name stays.
function withoutDoubles(found: readonly Read[]): Read[] {
  const owners = new Map<string, string>();
  return found.map((read) => {
    const owner = owners.get(read.name);
    if (owner === undefined) {
      owners.set(read.name, read.file);
      return read;
    }
    const name = stem(read.file);
    const reason = "reason" in read
      ? read.reason
      : `its name "${read.name}" is that of "${basename(owner)}"`;
    return { name, file: read.file, reason };
  });
}

function stem(file: string): string {
  return basename(file).replace(/\.[a-z]+$/, "");
}
