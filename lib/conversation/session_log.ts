/** A conversation on disk: `conversations/{id}.jsonl`, held by one process at a time. */
import { join } from "@std/path";
import { type Disk, type DiskFile, NotARegularFile } from "../disk/disk.ts";
import type { Flusher } from "../disk/flusher.ts";
import { LineWriter } from "../disk/line_writer.ts";
import { readLastLines } from "../disk/read_last_lines.ts";
import { isId } from "../task/id.ts";
import { formatTime } from "../task/time.ts";
import { type LogEntry, type NewLogEntry, parseLogLine } from "./log_entry.ts";

/**
 * So much of a log's end is read, in bytes: the model is sent some 120,000 characters of it, and the
 * person recalls what they typed. Read whole, a log of 100 MB took 1.3 s and 440 MB of memory (now
 * 0.1 s), and one of more than 512 MB could not be opened at all: no string is that long.
 */
const MAX_READ_BYTES = 8 * 1024 * 1024;

/** Another process has this conversation open. */
export class ConversationBusy extends Error {
  override name = "ConversationBusy";
}

export interface SessionLogOptions {
  readonly disk: Disk;
  readonly flusher: Flusher;
  /** The directory `conversations/`; it is there. */
  readonly dir: string;
  readonly conversation_id: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class SessionLog {
  readonly conversation_id: string;
  /** What is in the file, oldest first; of a very long one the end. */
  readonly entries: LogEntry[];
  /** Lines that were torn or unreadable when the log was opened; they stay in the file. */
  readonly skipped: number;
  readonly #now: () => number;
  readonly #lines: LineWriter;

  private constructor(
    { conversation_id, flusher, now }: SessionLogOptions,
    private readonly file: DiskFile,
    content: string,
  ) {
    this.conversation_id = conversation_id;
    this.#now = now;
    this.#lines = new LineWriter("the conversation's log", file, flusher);
    const lines = content.split("\n").filter((line) => line.trim() !== "");
    const parsed = lines.map(parseLogLine);
    this.entries = parsed.filter((entry) => entry !== undefined);
    this.skipped = parsed.length - this.entries.length;
  }

  /**
   * Takes a conversation up, or begins it.
   *
   * @throws {ConversationBusy} when another process has it open; the message names that one
   * @throws {RangeError} when the id is none
   */
  static async open(options: SessionLogOptions): Promise<SessionLog> {
    const { disk, flusher, dir, conversation_id, pid } = options;
    if (!isId(conversation_id)) throw new RangeError(`"${conversation_id}" is no id`);
    const file = await openOrCreate(disk, join(dir, `${conversation_id}.jsonl`));
    try {
      const locked = await file.tryLock("exclusive");
      const content = new TextDecoder().decode(await readLastLines(file, MAX_READ_BYTES));
      if (!locked) throw busy(conversation_id, content);
      // A line torn by a crash is ended here, so that it spoils no other one.
      if (content !== "" && !content.endsWith("\n")) await file.write(new Uint8Array([0x0a]));
      const log = new SessionLog(options, file, content);
      await log.append({ role: "session", event: "opened", pid });
      await flusher.directory(dir);
      return log;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Adds a message. Durable when it resolves; appends keep their order. */
  async append(entry: NewLogEntry): Promise<void> {
    const line = { at: formatTime(this.#now()), ...entry } as LogEntry;
    await this.#lines.append(JSON.stringify(line));
    this.entries.push(line);
  }

  /** Whether this notification has been shown in the conversation before. */
  hasNotification(id: string): boolean {
    return this.entries.some((e) => e.role === "notification" && e.notification.id === id);
  }

  /** Lets go of the conversation, once everything appended is written. */
  async close(): Promise<void> {
    await this.#lines.idle();
    this.file.close();
  }
}

async function openOrCreate(disk: Disk, path: string): Promise<DiskFile> {
  try {
    // Two processes may begin the same conversation: who comes second opens what the first made.
    const file = await disk.open(path, "append") ?? await disk.create(path) ??
      await disk.open(path, "append");
    if (file !== undefined) return file;
    throw new Error(`Cannot open the conversation "${path}": it was removed just now`);
  } catch (cause) {
    if (!(cause instanceof NotARegularFile)) throw cause;
    throw new Error(`Cannot open the conversation "${path}": it is no regular file`, { cause });
  }
}

function busy(conversation_id: string, content: string): ConversationBusy {
  const opened = content.split("\n").map(parseLogLine).findLast((e) => e?.role === "session");
  const who = opened?.role === "session" ? `process ${opened.pid}` : "another process";
  return new ConversationBusy(
    `Conversation "${conversation_id}" is open in ${who}; close that chat first, ` +
      `or start without --conversation for a new one`,
  );
}

/** The conversation that was used last; `undefined` when there is none. */
export async function newestConversation(disk: Disk, dir: string): Promise<string | undefined> {
  let newest: { id: string; mtime: number } | undefined;
  for (const { name, kind } of await disk.list(dir) ?? []) {
    const id = name.replace(/\.jsonl$/, "");
    if (kind !== "file" || id === name || !isId(id)) continue;
    const mtime = (await disk.stat(join(dir, name)))?.mtime ?? 0;
    if (newest === undefined || mtime > newest.mtime) newest = { id, mtime };
  }
  return newest?.id;
}
