/** Journals as lists in Redis: appended to by the process that holds the task's lock. */
import { FENCE, held, type Leases, lockKeys, tokenOf } from "../redis/fence.ts";
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { Script } from "../redis/script.ts";
import type { JournalEntry } from "../task/journal_entry.ts";
import type { Journal, Journals, NewJournalEntry } from "./journal.ts";
import { assertKnownVersion, belongsTo, headerLine, lineOf, parseLines } from "./journal_lines.ts";

export interface RedisJournalContext {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  readonly leases: Leases;
  readonly now: () => number;
}

/** KEYS: lock, lock, journal. ARGV: token, header. */
const BEGIN = new Script(
  "btsJournalBegin",
  `${FENCE}
  redis.call('DEL', KEYS[3])
  redis.call('RPUSH', KEYS[3], ARGV[2])
  return 'OK'`,
  3,
);

/**
 * KEYS: lock, lock, journal. ARGV: token, how many lines are there, task id, channel, lines…
 * Lines that are there already were written by the same call, whose answer was lost.
 */
const APPEND = new Script(
  "btsJournalAppend",
  `${FENCE}
  local length, first = redis.call('LLEN', KEYS[3]), tonumber(ARGV[2])
  if length == first then
    for i = 5, #ARGV do redis.call('RPUSH', KEYS[3], ARGV[i]) end
    redis.call('PUBLISH', ARGV[4], ARGV[3])
    return 'OK'
  end
  for i = 5, #ARGV do
    if redis.call('LINDEX', KEYS[3], first + i - 5) ~= ARGV[i] then return 'OTHER' end
  end
  return 'OK'`,
  3,
);

export class RedisJournals implements Journals {
  constructor(private readonly context: RedisJournalContext) {}

  async open(task_id: string, incarnation: string): Promise<Journal> {
    const { redis, keys, leases, now } = this.context;
    const token = tokenOf(leases, task_id);
    const lines = await this.#lines(task_id);
    const entries = parseLines(task_id, lines);
    assertKnownVersion(`of task ${task_id}`, entries);
    const isOurs = belongsTo(entries, incarnation);
    if (!isOurs) {
      const places = [...lockKeys(keys, task_id), keys.journal(task_id)];
      const begun = await redis.ask((client) =>
        BEGIN.run(client, places, [token, headerLine(incarnation, now())])
      );
      held(leases, task_id, begun);
    }
    const start = isOurs ? { length: lines.length, entries: entries.slice(1) } : NEW;
    return new RedisJournal(this.context, task_id, token, start);
  }

  async read(task_id: string, incarnation?: string): Promise<JournalEntry[]> {
    const entries = parseLines(task_id, await this.#lines(task_id));
    return incarnation === undefined || belongsTo(entries, incarnation)
      ? entries.filter((entry) => entry.type !== "journal_started")
      : [];
  }

  watch(onChange: (task_id: string | undefined) => void): { close(): void } {
    const { redis, keys } = this.context;
    return redis.subscribe(keys.channels.journals, onChange, () => onChange(undefined));
  }

  async #lines(task_id: string): Promise<string[]> {
    const { redis, keys } = this.context;
    return await redis.ask((client) => client.lrange(keys.journal(task_id), 0, -1));
  }
}

/** A journal of which only the header is there. */
const NEW = { length: 1, entries: [] } as const;

/** Sends lines in their order: those that come while some are under way go together after them. */
class RedisJournal implements Journal {
  readonly entries: readonly JournalEntry[];
  #length: number;
  #waiting: string[] = [];
  /** The sending that has not begun yet. */
  #next: Promise<void> | undefined;
  #sent: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: RedisJournalContext,
    private readonly task_id: string,
    private readonly token: string,
    { length, entries }: { readonly length: number; readonly entries: readonly JournalEntry[] },
  ) {
    this.#length = length;
    this.entries = entries;
  }

  append(entry: NewJournalEntry): Promise<void> {
    this.#waiting.push(lineOf(entry, this.context.now()));
    return this.#next ??= this.#sendAfter(this.#sent);
  }

  // The server writes at once what it is sent: there is nothing to wait for.
  note(entry: NewJournalEntry): Promise<void> {
    return this.append(entry);
  }

  close(): void {}

  #sendAfter(before: Promise<void>): Promise<void> {
    // One that failed has lost its lease, or its place: the next would be written in the gap.
    const sending = before.then(() => this.#send());
    this.#sent = sending;
    return sending;
  }

  async #send(): Promise<void> {
    const { redis, keys, leases } = this.context;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#next = undefined;
    const places = [...lockKeys(keys, this.task_id), keys.journal(this.task_id)];
    const args = [this.token, this.#length, this.task_id, keys.channels.journals, ...lines];
    const answer = await redis.ask((client) => APPEND.run(client, places, args));
    if (held(leases, this.task_id, answer) !== "OK") {
      throw new Error(
        `the journal of task ${this.task_id} has lines that this run has not written; ` +
          "it is taken up anew",
      );
    }
    this.#length += lines.length;
  }
}
