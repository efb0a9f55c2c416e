import { defineTool, z } from "tool";

const MAX_NOTES = 1000;
const MAX_SHOWN = 50;
const MAX_NOTE_BYTES = 64 * 1024;
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export default defineTool({
  name: "recall",
  description:
    "Finds notes that earlier tasks of this conversation kept with remember. With words " +
    "those that hold most of them, without words the newest. Look here before asking or " +
    "searching again.",
  parameters: z.object({
    words: z.string().max(500).default("").describe(
      'What it is about, in a few words that the note may hold: "weekly report format".',
    ),
    limit: z.int().min(1).max(MAX_SHOWN).default(10).describe("At most so many notes."),
  }),
  settings: z.object({ directory: z.string().min(1).default("./notes") }),
  permissions: ({ directory }) => ({ read: [directory] }),
  effects: "none",
  timeout_seconds: 10,
  memory_mb: 64,
  async run({ words, limit }, { settings, conversation_id }) {
    if (!ID.test(conversation_id)) throw new Error("the conversation's id cannot name its notes");
    const notes = await readNotes(`${settings.directory}/${conversation_id}`);
    if (notes.length === 0) return "This conversation has no notes yet.";
    const asked = [...new Set(wordsOf(words))];
    const found = asked.length === 0 ? notes : bestFirst(notes, asked);
    if (found.length === 0) {
      return `No note holds any of the words "${words}". This conversation has ${notes.length}: ` +
        "try other words, or none for the newest.";
    }
    return [
      ...found.slice(0, limit).map(line),
      ...(found.length > limit ? [`[${found.length - limit} more: use other words.]`] : []),
    ].join("\n");
  },
});

/** What a file holds that remember has made: `{notes}/{conversation_id}/{name}.json`. */
const noteSchema = z.object({ at: z.string(), note: z.string() });
type Note = z.infer<typeof noteSchema>;

/** The newest first. */
async function readNotes(directory: string): Promise<Note[]> {
  const names = await namesIn(directory);
  const read = await Promise.all(names.slice(0, MAX_NOTES).map((n) => readNote(directory, n)));
  return read.filter((note) => note !== undefined).sort((a, b) => a.at < b.at ? 1 : -1);
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.filter(({ name, isFile }) => isFile && /^[^.].*\.json$/.test(name))
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

// A file that is no note, or is gone by now, is nobody's business here.
async function readNote(directory: string, name: string): Promise<Note | undefined> {
  try {
    const file = `${directory}/${name}`;
    if ((await Deno.lstat(file)).size > MAX_NOTE_BYTES) return undefined;
    return noteSchema.safeParse(JSON.parse(await Deno.readTextFile(file))).data;
  } catch {
    return undefined;
  }
}

function line({ at, note }: Note): string {
  return `- ${at.slice(0, 16)}Z: ${note.replaceAll("\n", "\n  ")}`;
}

/** Those with most of the words first, of these the newest; those with none are left out. */
function bestFirst(notes: readonly Note[], asked: readonly string[]): Note[] {
  return notes
    .map((note) => ({ note, hits: hits(note.note, asked) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)
    .map(({ note }) => note);
}

function hits(text: string, asked: readonly string[]): number {
  const folded = fold(text);
  return asked.filter((word) => folded.includes(word)).length;
}

function wordsOf(text: string): string[] {
  return fold(text).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

// Without accents and capitals: "malmo" finds "Malmö".
function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
