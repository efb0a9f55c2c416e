/** A conversation's log as exchanges: a message of the person, and all that followed it. Pure. */
import type { Notification } from "../task/notification.ts";
import type { LogEntry, LogEntryOf } from "./log_entry.ts";

export interface Exchange {
  readonly question: LogEntryOf<"user">;
  /** What the person was shown since the exchange before; the model is told with the question. */
  readonly notifications: readonly Notification[];
  /** The model's answers and its tools', in order. */
  readonly answers: readonly LogEntry[];
}

/** The exchanges of a log, oldest first; the last one may still be under way. */
export function exchangesOf(entries: readonly LogEntry[]): Exchange[] {
  const exchanges: {
    question: LogEntryOf<"user">;
    notifications: Notification[];
    answers: LogEntry[];
  }[] = [];
  let waiting: Notification[] = [];
  for (const entry of entries) {
    if (entry.role === "notification") waiting.push(entry.notification);
    else if (entry.role === "user") {
      exchanges.push({ question: entry, notifications: waiting, answers: [] });
      waiting = [];
    } else exchanges.at(-1)?.answers.push(entry);
  }
  return exchanges;
}
