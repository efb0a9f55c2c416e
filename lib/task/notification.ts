/** The record that tells a conversation how one of its tasks ended (contract.md §2). */
import { z } from "zod";
import { cutAtBreak } from "./cut_at_break.ts";
import { RECORD_VERSION, type TaskRecord, type TerminalState } from "./record.ts";
import { summaryOf } from "./summary.ts";
import { formatTime } from "./time.ts";

/** A notification's message is cut to this many characters; the rest is pointed to. */
export const MAX_MESSAGE_LENGTH = 4_000;

const schema = z.looseObject({
  version: z.number(),
  id: z.string().max(96),
  conversation_id: z.string(),
  task_id: z.string(),
  event: z.enum(["completed", "failed"]),
  title: z.string(),
  message: z.string(),
  /** The message in one line; absent in those of the first release. */
  summary: z.string().optional(),
  created_at: z.string(),
});

export type Notification = z.infer<typeof schema>;

/** The id is fixed by task, event and run, so that a repeated put changes nothing. */
export function notificationId(task_id: string, event: TerminalState, run: number): string {
  return run <= 1 ? `${task_id}-${event}` : `${task_id}-${event}-${run}`;
}

/** More runs than this are not counted up to one by one. */
const MAX_RUNS_NAMED = 1_000;

/** The ids of all notifications that a task can have by now, over all its runs. */
export function notificationIds({ id, run = 1, attempts = [] }: TaskRecord): string[] {
  // An outside producer may begin to count anywhere, and a record keeps but its last attempts.
  const runs = new Set([run, ...attempts.map((attempt) => attempt.run)]);
  for (let earlier = 1; earlier < Math.min(run, MAX_RUNS_NAMED); earlier++) runs.add(earlier);
  return [...runs].flatMap((run) => [
    notificationId(id, "completed", run),
    notificationId(id, "failed", run),
  ]);
}

/** The notification of an ended task. Pure: the same record always gives the same one. */
export function notificationOf(record: TaskRecord, event: TerminalState): Notification {
  const text = event === "completed" ? record.result ?? "" : record.error?.message ?? "";
  return {
    version: RECORD_VERSION,
    id: notificationId(record.id, event, record.run ?? 1),
    conversation_id: record.conversation_id,
    task_id: record.id,
    event,
    title: record.title,
    message: shorten(text, record),
    summary: record.summary ?? summaryOf(text),
    created_at: record.finished_at ?? formatTime(0),
  };
}

function shorten(text: string, { id }: TaskRecord): string {
  if (text.length <= MAX_MESSAGE_LENGTH) return text;
  const pointer = `\n… (${text.length} characters in all: \`tasks show ${id}\`)`;
  return cutAtBreak(text, MAX_MESSAGE_LENGTH - pointer.length) + pointer;
}

/** Reads a notification's parsed JSON; `undefined` when it is none. */
export function parseNotification(value: unknown): Notification | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
