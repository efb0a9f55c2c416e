/** What a task is doing just now, told from its journal. Pure. */
import { type JournalEntry, openToolCalls } from "./journal_entry.ts";

/** Where a run stands. */
export interface Activity {
  /** Model answers so far, over all runs. */
  readonly steps: number;
  /** Tool calls that have an end. */
  readonly tool_calls: number;
  /** `starting` until the first answer is asked for, `ended` once the attempt is over. */
  readonly kind: "starting" | "thinking" | "calling" | "ended";
  /** The tools that run just now, in the order in which they started. */
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  /** When this began, RFC 3339; absent where the journal is empty. */
  readonly since?: string;
}

/** @param journal a task's own entries, oldest first */
export function activityOf(journal: readonly JournalEntry[]): Activity {
  const answers = journal.filter((entry) => entry.type === "model_answer");
  const finished = journal.filter((entry) => entry.type === "tool_finished");
  const last = journal.at(-1);
  const begun = journal.findLastIndex((entry) => entry.type === "attempt_started");
  // What an earlier attempt left open is no call of this one until it starts again.
  const open = openToolCalls(journal.slice(Math.max(0, begun)));
  return {
    steps: answers.length,
    tool_calls: finished.length,
    kind: kindOf(last, open.length),
    calls: open.map(({ name, arguments: args }) => ({ name, arguments: args })),
    ...(last === undefined ? {} : { since: (open[0] ?? last).at }),
  };
}

function kindOf(last: JournalEntry | undefined, open: number): Activity["kind"] {
  if (last === undefined) return "starting";
  if (last.type === "attempt_ended") return "ended";
  return open > 0 ? "calling" : "thinking";
}
