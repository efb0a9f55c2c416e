/** What lies on the disk of one task, looked at from outside. */
import { existsSync } from "@std/fs";
import { type JournalEntry, parseJournalEntry } from "../../lib/task/journal_entry.ts";
import { TASK_STATES, type TaskRecord, type TaskState } from "../../lib/task/record.ts";

export interface TaskSeen {
  /** Where a record of it lies. */
  readonly states: readonly TaskState[];
  /** Where its record in running/ is on its way to. */
  readonly staged: string | undefined;
  readonly record: TaskRecord | undefined;
  readonly journal: readonly JournalEntry[];
  /** Its notifications, shown or not, without the task's id, sorted. */
  readonly told: readonly string[];
  /** There is a request to cancel it. */
  readonly requested: boolean;
  /** It is on its way to be removed. */
  readonly marked: boolean;
  readonly artifacts: readonly string[];
  readonly rejected: number;
}

/** Looks at a task below `root`. */
export function lookAt(root: string, id: string): TaskSeen {
  const states = TASK_STATES.filter((state) => existsSync(`${root}/tasks/${state}/${id}.json`));
  const record = readRecord(root, states, id);
  const told = [`notifications/c-${id}`, `notifications/c-${id}/read`]
    .flatMap((directory) => names(`${root}/${directory}`))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(id.length + 1, -5))
    .sort();
  return {
    states,
    staged: states.includes("running") ? record?.staged?.to : undefined,
    record,
    journal: readJournal(`${root}/journal/${id}.jsonl`),
    told,
    requested: existsSync(`${root}/control/cancel/${id}`),
    marked: existsSync(`${root}/control/prune/${id}`),
    artifacts: names(`${root}/artifacts/${id}`),
    rejected: names(`${root}/rejected`).filter((name) => name.startsWith(`${id}.`)).length,
  };
}

/** What is known of its state, in a few words that are the same in every run. */
export function describeSeen(seen: TaskSeen): string {
  const { states, staged, journal, told, requested, marked, artifacts, rejected } = seen;
  const parts = [states.length === 0 ? "nowhere" : states.join(" and ")];
  if (staged !== undefined) parts[0] += ` (staged ${staged})`;
  const last = journal.at(-1);
  if (last !== undefined) parts.push(`journal to ${nameOf(last, journal)}`);
  if (artifacts.length > 0) parts.push(`with ${artifacts.join(", ")}`);
  if (requested) parts.push("cancel requested");
  if (marked) parts.push("marked");
  if (rejected > 0) parts.push("duplicate in rejected");
  if (told.length > 0) parts.push(`told ${told.join(", ")}`);
  return parts.join("; ");
}

function nameOf(entry: JournalEntry, journal: readonly JournalEntry[]): string {
  switch (entry.type) {
    case "model_answer":
      return `${entry.type} ${entry.step}`;
    case "tool_started":
      return `${entry.type} ${entry.name}`;
    case "tool_finished": {
      const start = journal.find((e) => e.type === "tool_started" && e.step === entry.step);
      return `${entry.type} ${start?.type === "tool_started" ? start.name : entry.step}`;
    }
    case "attempt_ended":
      return `${entry.type} ${entry.outcome}`;
    default:
      return entry.type;
  }
}

/** The names in a directory; none where it is not there. */
export function names(directory: string): string[] {
  return existsSync(directory) ? [...Deno.readDirSync(directory)].map(({ name }) => name) : [];
}

function readRecord(
  root: string,
  states: readonly TaskState[],
  id: string,
): TaskRecord | undefined {
  // The state that counts is the last one: a duplicate lies in pending/.
  const state = states.at(-1);
  if (state === undefined) return undefined;
  try {
    return JSON.parse(Deno.readTextFileSync(`${root}/tasks/${state}/${id}.json`));
  } catch (error) {
    // It moved on since: a look at a living service.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function readJournal(path: string): JournalEntry[] {
  if (!existsSync(path)) return [];
  const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1);
  return lines.map((line) => parseJournalEntry(JSON.parse(line))).filter((e) => e !== undefined);
}
