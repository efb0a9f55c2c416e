/** A look at one file of pending/: what the index keeps of it, read as cheaply as that allows. */
import { type FileContent, type FileInfo, NotARegularFile } from "../../disk/disk.ts";
import { isId } from "../../task/id.ts";
import { isObject } from "../../task/json.ts";
import { MAX_RECORD_BYTES, RECORD_VERSION, type TaskRecord } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import { dueAt } from "../../task/transitions.ts";
import { GRACE_MS } from "./claim.ts";
import type { EngineContext } from "./context.ts";
import { readAt } from "./record_file.ts";

type Waiting = "due" | "retrying" | "scheduled" | "look";

interface EntryFacts {
  readonly priority?: number;
  readonly created?: number;
  readonly waiting?: Waiting;
  readonly tries?: number;
  readonly file?: Pick<FileInfo, "dev" | "ino" | "size" | "mtime">;
}

const NO_FILE = { dev: -1, ino: -1, size: -1, mtime: -1 };

/**
 * What is known of a name in pending/.
 *
 * There can be millions: one flat object each, all of one shape, about 250 bytes with its name and
 * its places in the map and the heap (400 with the record's and the file's facts in objects of
 * their own).
 */
export class PendingEntry {
  readonly priority: number;
  readonly created: number;
  readonly waiting: Waiting;
  /** How often it was found held by somebody else. */
  readonly tries: number;
  /** The file that was looked at; -1 where none was. */
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtime: number;

  constructor(
    readonly stem: string,
    /** When it may be claimed, milliseconds since the epoch; 0 means at once. */
    readonly due: number,
    /** Which scan has seen it last. */
    public scan: number,
    { priority = 0, created = 0, waiting = "due", tries = 0, file = NO_FILE }: EntryFacts = {},
  ) {
    this.priority = priority;
    this.created = created;
    this.waiting = waiting;
    this.tries = tries;
    this.dev = file.dev;
    this.ino = file.ino;
    this.size = file.size;
    this.mtime = file.mtime;
  }

  /** Whether this is what a file says: a name can stand for another one by now, or an edited one. */
  isOf({ dev, ino, size, mtime }: FileInfo): boolean {
    return ino === this.ino && dev === this.dev && mtime === this.mtime && size === this.size;
  }
}

export type Look =
  | { readonly kind: "entry"; readonly entry: PendingEntry }
  | { readonly kind: "gone" }
  /** May be looked at again at that time (milliseconds since the epoch). */
  | { readonly kind: "later"; readonly at: number }
  /** Not ours to touch until it changes. */
  | { readonly kind: "left"; readonly reason: string };

/** Looks at pending/{stem}.json. */
export async function lookAt(context: EngineContext, stem: string, scan: number): Promise<Look> {
  const { disk, layout } = context;
  let content;
  try {
    content = await disk.read(layout.task("pending", stem), MAX_RECORD_BYTES + 1);
  } catch (error) {
    if (!(error instanceof NotARegularFile)) throw error;
    return { kind: "left", reason: "it is not a regular file" };
  }
  if (content === undefined) {
    // Deno shows the bytes of a name that are no UTF-8 as U+FFFD, and cannot open it.
    if (stem.includes("\ufffd")) return { kind: "left", reason: "its name is not UTF-8 text" };
    return { kind: "gone" };
  }
  const facts = usualFacts(content);
  if (facts === undefined) return await lookClosely(context, stem, scan, content.info);
  return { kind: "entry", entry: new PendingEntry(stem, 0, scan, facts) };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

// Reading a record whole takes 12 µs, this 2: and a claim reads it again anyway, under its lock.
// What is not as usual here is read whole, and so is what has to wait: were it no valid task, it
// would be said only when it is due.
function usualFacts({ bytes, info }: FileContent): EntryFacts | undefined {
  if (bytes.length > MAX_RECORD_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { version = RECORD_VERSION, priority = 0, created_at, run_at, retry_at } = value;
  if (version !== RECORD_VERSION || run_at !== undefined || retry_at !== undefined) {
    return undefined;
  }
  if (typeof priority !== "number" || !Number.isInteger(priority)) return undefined;
  if (typeof value["prompt"] !== "string" || !isId(value["conversation_id"])) return undefined;
  // No String(): what is no text may not become one ({"toString": 1}).
  if (created_at !== undefined && typeof created_at !== "string") return undefined;
  const created = created_at === undefined ? info.mtime : parseTime(created_at);
  return Number.isNaN(created) ? undefined : { priority, created, file: info };
}

async function lookClosely(
  context: EngineContext,
  stem: string,
  scan: number,
  info: FileInfo,
): Promise<Look> {
  const parsed = await readAt(context, "pending", stem);
  if (parsed === undefined) return { kind: "gone" };
  if (parsed.kind === "newer") {
    return { kind: "left", reason: `its version ${parsed.version} is newer than this program` };
  }
  const now = context.now();
  if (parsed.kind === "task") {
    return { kind: "entry", entry: entryOf(stem, scan, parsed.record, now, info) };
  }
  const judgedAt = Math.min(info.mtime, now) + GRACE_MS;
  if (parsed.unfinished && judgedAt > now) return { kind: "later", at: judgedAt };
  // Not valid: the claim judges it, under its lock.
  return { kind: "entry", entry: new PendingEntry(stem, 0, scan, { file: info }) };
}

function entryOf(
  stem: string,
  scan: number,
  record: TaskRecord,
  now: number,
  info: FileInfo,
): PendingEntry {
  const retries = record.retry_at !== undefined && parseTime(record.retry_at) > now;
  const starts = record.run_at !== undefined && parseTime(record.run_at) > now;
  const waiting = starts ? "scheduled" : retries ? "retrying" : "due";
  const facts = {
    priority: record.priority,
    created: parseTime(record.created_at),
    waiting,
    file: info,
  } as const;
  return new PendingEntry(stem, dueAt(record), scan, facts);
}
