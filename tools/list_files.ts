import { defineTool, z } from "tool";

const MAX_ENTRIES = 500;
const MAX_DEPTH = 10;

export default defineTool({
  name: "list_files",
  description: "Lists the files of the workspace directory with their sizes in bytes.",
  parameters: z.object({
    path: z.string().max(1000).default(".")
      .describe("A directory relative to the workspace. Default the workspace itself."),
    recursive: z.boolean().default(false).describe("Also what is in its directories."),
  }),
  settings: z.object({ workspace: z.string().min(1).default("./workspace") }),
  permissions: ({ workspace }) => ({ read: [workspace] }),
  effects: "none",
  timeout_seconds: 10,
  memory_mb: 64,
  async run({ path, recursive }, { settings }) {
    const root = await Deno.realPath(settings.workspace);
    const directory = await findDirectory(root, path);
    const listing: Listing = { lines: [], left_out: false };
    await list(directory, "", recursive ? MAX_DEPTH : 1, listing);
    if (listing.lines.length === 0) return `The directory "${path}" is empty.`;
    const more = listing.left_out ? ["[There is more: name a directory below this one.]"] : [];
    return [...listing.lines, ...more].join("\n");
  },
});

interface Listing {
  readonly lines: string[];
  left_out: boolean;
}

async function findDirectory(root: string, path: string): Promise<string> {
  const real = await realPath(path.startsWith("/") ? path : `${root}/${path}`, path);
  if (real !== root && !real.startsWith(`${root}/`)) throw outside(path);
  if (!(await Deno.stat(real)).isDirectory) {
    throw new Error(`"${path}" is no directory; read_file reads files`);
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

// Links are named and not followed: they may lead out, or round in a circle.
async function list(
  directory: string,
  prefix: string,
  depth: number,
  listing: Listing,
): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (listing.lines.length >= MAX_ENTRIES) {
      listing.left_out = true;
      return;
    }
    const name = prefix + entry.name;
    if (entry.isSymlink) listing.lines.push(`${name} (a link)`);
    else if (!entry.isDirectory) listing.lines.push(`${name} ${await size(directory, entry.name)}`);
    else {
      listing.lines.push(`${name}/`);
      if (depth > 1) await list(`${directory}/${entry.name}`, `${name}/`, depth - 1, listing);
    }
  }
}

async function size(directory: string, name: string): Promise<string> {
  try {
    return String((await Deno.stat(`${directory}/${name}`)).size);
  } catch {
    return "(gone)";
  }
}
