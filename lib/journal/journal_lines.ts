/** What is the same in journals wherever they are kept: their lines. */
import { getLogger } from "@logtape/logtape";
import { type JournalEntry, parseJournalEntry } from "../task/journal_entry.ts";
import { RECORD_VERSION } from "../task/record.ts";
import { formatTime } from "../task/time.ts";
import type { NewJournalEntry } from "./journal.ts";

const log = getLogger(["bts", "journal"]);

/** An entry as a line, without its newline. @param now milliseconds since the epoch */
export function lineOf(entry: NewJournalEntry, now: number): string {
  return JSON.stringify({ at: formatTime(now), ...entry });
}

/** A journal's first line. */
export function headerLine(incarnation: string, now: number): string {
  return lineOf({ type: "journal_started", version: RECORD_VERSION, incarnation }, now);
}

/** The entries of lines, the header among them; those that are none are left out, and logged. */
export function parseLines(task_id: string, lines: readonly string[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let skipped = 0;
  for (const line of lines) {
    if (line === "") continue;
    const entry = parseLine(line);
    if (entry === undefined) skipped++;
    else entries.push(entry);
  }
  if (skipped > 0) log.warning`journal ${task_id}: ${skipped} unreadable lines were skipped`;
  return entries;
}

/** Whether a journal, header first, is that of an incarnation. */
export function belongsTo([header]: readonly JournalEntry[], incarnation: string): boolean {
  return header?.type === "journal_started" && header.incarnation === incarnation;
}

/**
 * @param name what messages call the journal
 * @throws {Error} when it was written by a newer program: half understood it might repeat what must
 * not be repeated, and replaced it would be lost
 */
export function assertKnownVersion(name: string, [header]: readonly JournalEntry[]): void {
  const version = header?.type === "journal_started" ? header.version : RECORD_VERSION;
  if (version <= RECORD_VERSION) return;
  throw new Error(
    `Cannot go on with the journal ${name}: it was written by a newer version (${version}) of ` +
      "this program; run the task with that one",
  );
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    return parseJournalEntry(JSON.parse(line));
  } catch {
    return undefined;
  }
}
