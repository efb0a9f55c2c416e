import { defineTool, z } from "tool";

const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 10;
/** Of one name in a path, in bytes; file systems take 255. */
const MAX_NAME_BYTES = 200;
const MAX_ARTIFACT_NAME = 100;

export default defineTool({
  name: "write_file",
  description: "Writes a text file into the output directory, whole. The file is there complete " +
    "or not at all, and is kept with the task as an artifact too.",
  parameters: z.object({
    path: z.string().min(1).max(1000).describe(
      'Relative to the output directory, for example "report.md" or "reports/may.csv". ' +
        "Directories are made.",
    ),
    content: z.string().max(MAX_LENGTH).describe("All that the file is to hold."),
    mode: z.enum(["create", "replace"]).default("create").describe(
      'What to do with a file that is there: "create" (the default) leaves it and fails, ' +
        '"replace" overwrites it.',
    ),
  }),
  settings: z.object({ output: z.string().min(1).default("./workspace/output") }),
  permissions: ({ output }) => ({ read: [output], write: [output] }),
  effects: "idempotent",
  timeout_seconds: 20,
  async run({ path, content, mode }, { settings, idempotency_key, artifact }) {
    const names = namesOf(path);
    const bytes = new TextEncoder().encode(content.toWellFormed());
    await Deno.mkdir(settings.output, { recursive: true, mode: 0o700 });
    const root = await Deno.realPath(settings.output);
    const directory = await makeDirectories(root, names.slice(0, -1), path);
    const file = `${directory}/${names.at(-1)}`;
    await checkTarget(file, path);
    const half = `${directory}/.${await digest(idempotency_key)}.part`;
    try {
      await writeNew(half, bytes);
      if (mode === "replace") await Deno.rename(half, file);
      else await create(file, half, bytes, path);
    } finally {
      await removeIfThere(half);
    }
    const kept = await artifact(artifactName(names), bytes);
    return `Wrote "${names.join("/")}" into the output directory (${bytes.length} bytes). ` +
      `It is kept with the task as the artifact "${kept}".`;
  },
});

/** The names of a path, each of which is one, and none of which leads elsewhere. */
function namesOf(path: string): string[] {
  const names = path.split("/").filter((name) => name !== ".");
  const isWrong = (name: string) => name === "" || name === ".." || hasControls(name);
  if (names.length === 0 || names.some(isWrong)) {
    throw new Error(
      `"${path}" is no path below the output directory, expected one such as "report.md" or ` +
        '"reports/may.csv"',
    );
  }
  if (names.length > MAX_DEPTH) {
    throw new RangeError(`"${path}" has ${names.length} names, expected at most ${MAX_DEPTH}`);
  }
  const long = names.find((name) => new TextEncoder().encode(name).length > MAX_NAME_BYTES);
  if (long === undefined) return names;
  throw new RangeError(`the name "${long}" is too long, expected at most ${MAX_NAME_BYTES} bytes`);
}

// Controls, and characters that hide or reorder what is shown of a name.
function hasControls(name: string): boolean {
  return /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u.test(name);
}

// One by one, so that a link among them is seen before anything is made behind it.
async function makeDirectories(root: string, names: string[], path: string): Promise<string> {
  let directory = root;
  for (const name of names) {
    directory = `${directory}/${name}`;
    const info = await lookAt(directory);
    if (info === undefined) await makeDirectory(directory);
    else if (info.isSymlink) throw new Error(`"${path}" leads over "${name}", which is a link`);
    else if (!info.isDirectory) {
      throw new Error(`"${path}" leads over "${name}", which is a file and no directory`);
    }
  }
  return directory;
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await Deno.mkdir(directory, { mode: 0o700 });
  } catch (error) {
    // Another call has just made it.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

async function checkTarget(file: string, path: string): Promise<void> {
  const info = await lookAt(file);
  if (info === undefined || info.isFile) return;
  const what = info.isDirectory ? "a directory" : info.isSymlink ? "a link" : "no regular file";
  throw new Error(`"${path}" is ${what}, expected a file or nothing there: name another path`);
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

// What a call that was killed has left is this call's own: the name comes from its key.
async function writeNew(file: string, bytes: Uint8Array): Promise<void> {
  await removeIfThere(file);
  using handle = await Deno.open(file, { write: true, createNew: true, mode: 0o600 });
  for (let at = 0; at < bytes.length;) at += await handle.write(bytes.subarray(at));
  await handle.syncData();
}

// A link is refused where the name is taken; a rename would overwrite.
async function create(
  file: string,
  half: string,
  bytes: Uint8Array,
  path: string,
): Promise<void> {
  try {
    await Deno.link(half, file);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    // This call itself may have made it, before it was interrupted.
    if (await holds(file, bytes)) return;
    throw new Error(
      `"${path}" is there already and holds something else: name another path, or say mode ` +
        '"replace" to overwrite it',
    );
  }
}

async function holds(file: string, bytes: Uint8Array): Promise<boolean> {
  const there = await Deno.readFile(file);
  return there.length === bytes.length && there.every((byte, i) => byte === bytes[i]);
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex().slice(0, 32);
}

// The end of a path tells most, its kind too.
function artifactName(names: readonly string[]): string {
  const plain = names.join("-").normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._-]+/g, "_");
  return plain.slice(-MAX_ARTIFACT_NAME).replace(/^\.+/, "_");
}
