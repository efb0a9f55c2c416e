/** What stays of the tasks of exchanges that are no longer sent to the model. Pure. */
import { summaryOfNotification } from "../task/summary.ts";
import type { Exchange } from "./exchanges.ts";
import type { LogEntry } from "./log_entry.ts";

/** Longest list as JSON, in UTF-16 units; the oldest tasks are left out. */
const MAX_LENGTH = 12_000;
/** The tools whose answers say that a task was begun, or begun again. */
const BEGINNERS: ReadonlySet<string> = new Set([
  "schedule_background_task",
  "retry_background_task",
]);

/** A task in a line, as the exchanges knew it. */
export interface EarlierTask {
  readonly id: string;
  readonly title: string;
  /** `scheduled` where its end came later, or has not come. */
  readonly state: "scheduled" | "completed" | "failed";
  readonly summary?: string;
}

export interface EarlierTasks {
  /** Oldest first. */
  readonly tasks: readonly EarlierTask[];
  /** So many more, older ones. */
  readonly left_out: number;
}

/** The tasks that exchanges began or were told the end of. The same exchanges give the same list. */
export function earlierTasks(exchanges: readonly Exchange[]): EarlierTasks {
  const known = new Map<string, EarlierTask>();
  for (const { notifications, answers } of exchanges) {
    for (const notification of notifications) {
      const { task_id, title, event } = notification;
      const summary = summaryOfNotification(notification);
      known.set(task_id, { id: task_id, title, state: event, summary });
    }
    for (const { id, title } of begunIn(answers)) {
      known.set(id, { id, title, state: "scheduled" });
    }
  }
  const tasks = [...known.values()];
  let from = tasks.length;
  let length = 0;
  while (from > 0 && (length += JSON.stringify(tasks[from - 1]).length) <= MAX_LENGTH) from--;
  return { tasks: tasks.slice(from), left_out: from };
}

function begunIn(answers: readonly LogEntry[]): { id: string; title: string }[] {
  const calls = new Set<string>();
  return answers.flatMap((entry) => {
    if (entry.role === "assistant") {
      // Many servers count their ids from the same start in each answer.
      calls.clear();
      for (const call of entry.tool_calls ?? []) {
        if (BEGINNERS.has(call.function.name)) calls.add(call.id);
      }
    }
    return entry.role === "tool" && calls.has(entry.tool_call_id) ? begun(entry.content) : [];
  });
}

function begun(content: string): { id: string; title: string }[] {
  try {
    const { id, title, error } = JSON.parse(content);
    if (typeof id !== "string" || error !== undefined) return [];
    return [{ id, title: typeof title === "string" ? title : id }];
  } catch {
    return [];
  }
}
