/** Journals as `journal/{task_id}.jsonl`: appended to by the process that holds the task's lock. */
import { type Disk, type DiskFile, NotARegularFile } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import type { Layout } from "../disk/layout.ts";
import { LineWriter } from "../disk/line_writer.ts";
import { giveName, writeTemporary, writeUnflushed } from "../disk/publish.ts";
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Journal, Journals, NewJournalEntry } from "./journal.ts";
import { assertKnownVersion, belongsTo, headerLine, lineOf, parseLines } from "./journal_lines.ts";

const NEWLINE = 0x0a;
/** More is not read back: a journal is deltas only, and each of them is bounded. */
const MAX_BYTES = 512 * 1024 * 1024;

export interface JournalContext {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  readonly now: () => number;
  /** Awaited before a flush: what is written meanwhile shares it. Default: at once. */
  readonly gather?: () => Promise<void>;
}

export class FileJournals implements Journals {
  constructor(private readonly context: JournalContext) {}

  /**
   * Writes what counts of the old file to a new one and gives that the journal's name. Going on in
   * the old one would build on lines of which nobody knows whether they ever reached the disk: the
   * flush may have failed that killed their writer, and the next one would not say so.
   *
   * A new journal's header is flushed with the first line that counts: a power cut before then leaves
   * nothing that anybody was told of.
   */
  async open(task_id: string, incarnation: string): Promise<Journal> {
    const { disk, flusher, layout } = this.context;
    const path = `${layout.journal}/${task_id}.jsonl`;
    const lines = await readLines(disk, path) ?? new Uint8Array(0);
    const entries = parseBytes(task_id, lines);
    assertKnownVersion(`"${path}"`, entries);
    const isOurs = belongsTo(entries, incarnation);
    const temporary = layout.temporary(task_id);
    const file = isOurs
      ? await writeTemporary(this.context, temporary, lines)
      : await writeUnflushed(disk, temporary, this.#header(incarnation));
    try {
      await giveName(disk, temporary, path);
      // The file's name must be certain before any line in it counts.
      await flusher.directory(layout.journal);
    } catch (error) {
      file.close();
      throw error;
    }
    return new FileJournal(this.context, file, isOurs ? entries.slice(1) : []);
  }

  async read(task_id: string, incarnation?: string): Promise<JournalEntry[]> {
    const { disk, layout } = this.context;
    let lines;
    try {
      lines = await readLines(disk, `${layout.journal}/${task_id}.jsonl`);
    } catch (error) {
      if (error instanceof NotARegularFile) return [];
      throw error;
    }
    if (lines === undefined) return [];
    const entries = parseBytes(task_id, lines);
    return incarnation === undefined || belongsTo(entries, incarnation)
      ? entries.filter((entry) => entry.type !== "journal_started")
      : [];
  }

  /** Removes a task's journal, of whatever incarnation. Durable when it resolves. */
  async remove(task_id: string): Promise<void> {
    const { disk, flusher, layout } = this.context;
    await disk.unlink(`${layout.journal}/${task_id}.jsonl`);
    await flusher.directory(layout.journal);
  }

  watch(onChange: (task_id: string | undefined) => void): { close(): void } {
    const { disk, layout } = this.context;
    return disk.watch(layout.journal, ({ names, rescan }) => {
      if (rescan) return onChange(undefined);
      for (const name of names) {
        if (name.endsWith(".jsonl")) onChange(name.slice(0, -".jsonl".length));
      }
    }, { ours: true });
  }

  #header(incarnation: string): Uint8Array {
    return new TextEncoder().encode(headerLine(incarnation, this.context.now()) + "\n");
  }
}

/** The whole lines of a journal: a torn last one is left out, or the next would be glued to it. */
async function readLines(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  const file = await disk.open(path, "read");
  if (file === undefined) return undefined;
  try {
    const bytes = await file.read(MAX_BYTES);
    return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
  } finally {
    file.close();
  }
}

function parseBytes(task_id: string, bytes: Uint8Array): JournalEntry[] {
  return parseLines(task_id, new TextDecoder().decode(bytes).split("\n"));
}

class FileJournal implements Journal {
  readonly #lines: LineWriter;

  constructor(
    private readonly context: JournalContext,
    private readonly file: DiskFile,
    readonly entries: readonly JournalEntry[],
  ) {
    this.#lines = new LineWriter("the journal", file, context.flusher, context.gather);
  }

  append(entry: NewJournalEntry): Promise<void> {
    return this.#lines.append(lineOf(entry, this.context.now()));
  }

  note(entry: NewJournalEntry): Promise<void> {
    return this.#lines.add(lineOf(entry, this.context.now()));
  }

  close(): void {
    this.file.close();
  }
}
