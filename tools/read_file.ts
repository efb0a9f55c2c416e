import { defineTool, z } from "tool";

const MAX_BYTES = 200_000;

export default defineTool({
  name: "read_file",
  description: "Reads a text file of the workspace directory, whole or some of its lines. " +
    "list_files tells which files there are.",
  parameters: z.object({
    path: z.string().min(1).max(1000)
      .describe('Relative to the workspace, for example "notes.txt" or "reports/may.md".'),
    first_line: z.int().min(1).optional().describe("Where to begin, from 1. Default 1."),
    lines: z.int().min(1).max(10_000).optional().describe("How many lines. Default all."),
  }),
  settings: z.object({ workspace: z.string().min(1).default("./workspace") }),
  permissions: ({ workspace }) => ({ read: [workspace] }),
  effects: "none",
  timeout_seconds: 10,
  memory_mb: 64,
  async run({ path, first_line, lines }, { settings }) {
    const text = await readText(await findFile(settings.workspace, path), path);
    if (first_line === undefined && lines === undefined) return text;
    const from = (first_line ?? 1) - 1;
    const all = text.split("\n");
    if (from >= all.length) {
      throw new RangeError(`"${path}" has ${all.length} lines, expected first_line to be one`);
    }
    return all.slice(from, lines === undefined ? undefined : from + lines).join("\n");
  },
});

// The operating system decides what a path means: a link that leads out is found by asking it.
async function findFile(workspace: string, path: string): Promise<string> {
  const root = await Deno.realPath(workspace);
  const real = await realPath(path.startsWith("/") ? path : `${root}/${path}`, path);
  if (!real.startsWith(`${root}/`) && real !== root) throw outside(path);
  return real;
}

async function realPath(wanted: string, path: string): Promise<string> {
  try {
    return await Deno.realPath(wanted);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw outside(path);
    throw new Error(`there is no file "${path}" in the workspace; list_files tells what is there`);
  }
}

function outside(path: string): Error {
  return new Error(`"${path}" is outside the workspace, expected a path inside it`);
}

async function readText(file: string, path: string): Promise<string> {
  const info = await Deno.stat(file);
  if (info.isDirectory) throw new Error(`"${path}" is a directory; list_files tells what is in it`);
  if (!info.isFile) throw new Error(`"${path}" is no regular file`);
  if (info.size > MAX_BYTES) return await readStart(file, path, info.size);
  return decode(await Deno.readFile(file), path);
}

async function readStart(file: string, path: string, size: number): Promise<string> {
  using handle = await Deno.open(file);
  const bytes = new Uint8Array(MAX_BYTES);
  let length = 0;
  while (length < MAX_BYTES) {
    const read = await handle.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  const text = decode(bytes.subarray(0, length), path, true);
  return `${text}\n[The file has ${size} bytes; these are its first ${length}.]`;
}

function decode(bytes: Uint8Array, path: string, cut = false): string {
  const binary = new Error(`"${path}" is no text file (${bytes.length} bytes that are not UTF-8)`);
  if (bytes.includes(0)) throw binary;
  try {
    // A cut may be in the middle of a character: the stream form leaves that one out.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    throw binary;
  }
}
