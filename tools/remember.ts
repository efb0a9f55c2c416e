import { defineTool, z } from "tool";

const MAX_LENGTH = 4000;
const MAX_NOTES = 1000;
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export default defineTool({
  name: "remember",
  description:
    "Keeps a note for later tasks of this conversation. Use it for what they will need " +
    "and cannot find out by themselves: what the person wants, what was decided, what was found " +
    "out with effort. One fact a note, understandable by itself. recall finds it again.",
  parameters: z.object({
    note: z.string().trim().min(1).max(MAX_LENGTH)
      .describe('For example "The weekly report goes to finance as CSV, not as a table."'),
  }),
  settings: z.object({ directory: z.string().min(1).default("./notes") }),
  permissions: ({ directory }) => ({ read: [directory], write: [directory] }),
  effects: "idempotent",
  timeout_seconds: 10,
  memory_mb: 64,
  async run({ note }, { settings, conversation_id, task_id, idempotency_key }) {
    // The only part of the path that is not this tool's own; ids hold no dots and slashes.
    if (!ID.test(conversation_id)) throw new Error("the conversation's id cannot name its notes");
    const directory = `${settings.directory}/${conversation_id}`;
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    const name = await digest(idempotency_key);
    await checkRoom(directory, `${name}.json`);
    await create(directory, name, { at: new Date().toISOString(), task_id, note });
    return "Noted. It is there for the later tasks of this conversation.";
  },
});

/** What a note's file holds, as JSON: `{notes}/{conversation_id}/{name}.json`. recall reads it. */
interface Note {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The task that made it. */
  readonly task_id: string;
  readonly note: string;
}

// From the key, so that a call that comes again meets its own note.
async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).toHex().slice(0, 32);
}

async function checkRoom(directory: string, own: string): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  const notes = names.filter((name) => name.endsWith(".json"));
  if (notes.length < MAX_NOTES || notes.includes(own)) return;
  throw new RangeError(
    `this conversation has ${MAX_NOTES} notes, which is all it may have: say what you wanted to ` +
      "keep in your answer instead",
  );
}

// Written elsewhere first: nobody reads half a note. A link leaves a note that is there as it is.
async function create(directory: string, name: string, note: Note): Promise<void> {
  const half = `${directory}/.${name}.part`;
  await removeIfThere(half);
  try {
    using file = await Deno.open(half, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(JSON.stringify(note, null, 2) + "\n");
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.syncData();
    await Deno.link(half, `${directory}/${name}.json`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await removeIfThere(half);
  }
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
