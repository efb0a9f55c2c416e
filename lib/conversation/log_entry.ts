/**
 * The lines of a conversation's log (contract.md §1): one message a line, in the form the model
 * knows, with the time; plus what the person was shown and who opened the log.
 */
import { z } from "zod";
import { toolCallSchema } from "../task/journal_entry.ts";
import { parseNotification } from "../task/notification.ts";

const at = z.string();

const notification = z.unknown().transform((value, context) => {
  const parsed = parseNotification(value);
  if (parsed !== undefined) return parsed;
  context.addIssue("no notification");
  return z.NEVER;
});

const entrySchema = z.discriminatedUnion("role", [
  /** A process took the log up; it holds the file's lock until it ends. */
  z.looseObject({ at, role: z.literal("session"), event: z.literal("opened"), pid: z.number() }),
  z.looseObject({ at, role: z.literal("user"), content: z.string() }),
  z.looseObject({
    at,
    role: z.literal("assistant"),
    content: z.string().nullable(),
    tool_calls: z.array(toolCallSchema).optional(),
    /** The person stopped the answer here. */
    stopped: z.boolean().optional(),
  }),
  z.looseObject({ at, role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
  /** The person was shown this; the model is told of it with the next message. */
  z.looseObject({ at, role: z.literal("notification"), notification }),
]);

export type LogEntry = z.infer<typeof entrySchema>;
export type LogEntryOf<Role extends LogEntry["role"]> = Extract<LogEntry, { role: Role }>;

/** An entry before its time is known. */
export type NewLogEntry = LogEntry extends infer Entry
  ? Entry extends { role: string }
    ? { [Key in keyof Entry as Key extends "at" ? never : Key]: Entry[Key] }
  : never
  : never;

/** Reads one line; `undefined` when it is torn or no entry. */
export function parseLogLine(line: string): LogEntry | undefined {
  try {
    const parsed = entrySchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
