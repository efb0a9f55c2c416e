/** Journals as `journal/{task_id}.jsonl`: appended to by the process that holds the task's lock. */
import { getLogger } from "@logtape/logtape";
import { type Disk, type DiskFile, NotARegularFile } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import type { Layout } from "../disk/layout.ts";
import { type JournalEntry, parseJournalEntry } from "../task/journal_entry.ts";
import { RECORD_VERSION } from "../task/record.ts";
import { formatTime } from "../task/time.ts";
import type { Journal, Journals, NewJournalEntry } from "./journal.ts";

const log = getLogger(["bts", "journal"]);
const NEWLINE = 0x0a;
/** More is not read back: a journal is deltas only, and each of them is bounded. */
const MAX_BYTES = 512 * 1024 * 1024;

export interface JournalContext {
  readonly disk: Disk;
  readonly flusher: Flusher;
  readonly layout: Layout;
  readonly now: () => number;
}

export class FileJournals implements Journals {
  constructor(private readonly context: JournalContext) {}

  async open(task_id: string, incarnation: string): Promise<Journal> {
    const { disk, layout } = this.context;
    const path = `${layout.journal}/${task_id}.jsonl`;
    (await disk.create(path))?.close();
    const file = await disk.open(path, "append");
    if (file === undefined) throw new Error(`"${path}" vanished while it was opened`);
    try {
      return await takeUp(this.context, file, task_id, incarnation);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async read(task_id: string, incarnation?: string): Promise<JournalEntry[]> {
    const { disk, layout } = this.context;
    let file;
    try {
      file = await disk.open(`${layout.journal}/${task_id}.jsonl`, "read");
    } catch (error) {
      if (error instanceof NotARegularFile) return [];
      throw error;
    }
    if (file === undefined) return [];
    try {
      const lines = wholeLines(await file.read(MAX_BYTES));
      const entries = parseLines(task_id, lines);
      return incarnation === undefined || belongsTo(entries, incarnation)
        ? entries.filter((entry) => entry.type !== "journal_started")
        : [];
    } finally {
      file.close();
    }
  }
}

async function takeUp(
  context: JournalContext,
  file: DiskFile,
  task_id: string,
  incarnation: string,
): Promise<Journal> {
  const bytes = await file.read(MAX_BYTES);
  const whole = wholeLines(bytes);
  // A torn last line is cut off, or the next append would be glued to it.
  if (whole.length < bytes.length) await file.truncate(whole.length);
  const entries = parseLines(task_id, whole);
  const journal = new FileJournal(context, file, entries.slice(1));
  if (belongsTo(entries, incarnation)) return journal;
  await file.truncate(0);
  // The file's name must be certain before any line in it counts. Whoever made the file may have
  // died before this, so that it has no header shows that it is to be done, not that it is new.
  await context.flusher.directory(context.layout.journal);
  const fresh = new FileJournal(context, file, []);
  await fresh.append({ type: "journal_started", version: RECORD_VERSION, incarnation });
  return fresh;
}

function belongsTo(entries: readonly JournalEntry[], incarnation: string): boolean {
  const header = entries[0];
  return header?.type === "journal_started" && header.incarnation === incarnation;
}

function wholeLines(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
}

function parseLines(task_id: string, bytes: Uint8Array): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let skipped = 0;
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    if (line === "") continue;
    const entry = parseLine(line);
    if (entry === undefined) skipped++;
    else entries.push(entry);
  }
  if (skipped > 0) log.warning`journal ${task_id}: ${skipped} unreadable lines were skipped`;
  return entries;
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    return parseJournalEntry(JSON.parse(line));
  } catch {
    return undefined;
  }
}

class FileJournal implements Journal {
  #broken: unknown;

  constructor(
    private readonly context: JournalContext,
    private readonly file: DiskFile,
    readonly entries: readonly JournalEntry[],
  ) {}

  async append(entry: NewJournalEntry): Promise<void> {
    const line = JSON.stringify({ at: formatTime(this.context.now()), ...entry }) + "\n";
    if (this.#broken !== undefined) {
      throw new Error("the journal broke off at an earlier line", { cause: this.#broken });
    }
    try {
      await this.file.write(new TextEncoder().encode(line));
    } catch (error) {
      // A part of the line may be there: the next one, glued to it, would be lost with it.
      this.#broken = error ?? new Error("unknown");
      throw error;
    }
    await this.context.flusher.file(this.file);
  }

  close(): void {
    this.file.close();
  }
}
