/**
 * What the model is sent of a conversation. Pure.
 *
 * A notification is sent as the answer of a tool, right behind the person's next message: the one
 * role that models hold to be data, in the one order that every chat template accepts (a system
 * message in the middle is refused by several, and would lend the text authority). The payload is
 * JSON, so no text in it can end it and speak on its own.
 */
import type { AssistantMessage, ChatMessage } from "../model/model.ts";
import type { Notification } from "../task/notification.ts";
import type { LogEntry, LogEntryOf } from "./log_entry.ts";

/** Characters of history sent with a request, about four to a token. */
const MAX_HISTORY = 120_000;
/** The tool whose answers notifications are. */
export const NOTIFICATION_TOOL = "get_notifications";
/** More than this many notifications at once are counted, not told. */
const MAX_NOTIFICATIONS = 20;

const NOT_ANSWERED = "(This message was not answered.)";
const INTERRUPTED =
  '{"error":"The call was interrupted; whether it took effect is unknown. Look before repeating it."}';

/** One message of the person and all that followed it. */
type Turn = ChatMessage[];

/** The messages of a request: the system prompt, then the newest turns that fit. */
export function requestMessages(system: string, entries: readonly LogEntry[]): ChatMessage[] {
  const turns = turnsOf(entries);
  const start = windowStart(turns.map(sizeOf));
  const note = start === 0 ? "" : "\n\nEarlier messages of this conversation are not shown to you.";
  return [{ role: "system", content: system + note }, ...turns.slice(start).flat()];
}

function turnsOf(entries: readonly LogEntry[]): Turn[] {
  const turns: Turn[] = [];
  let notifications: Notification[] = [];
  let answers: LogEntry[] = [];
  let question: LogEntryOf<"user"> | undefined;
  let told: Notification[] = [];
  const finish = (open: boolean) => {
    if (question !== undefined) turns.push(turnOf(question, told, answers, open));
    answers = [];
  };
  for (const entry of entries) {
    if (entry.role === "notification") notifications.push(entry.notification);
    else if (entry.role !== "user") answers.push(entry);
    else {
      finish(false);
      question = entry;
      told = notifications;
      notifications = [];
    }
  }
  finish(true);
  return turns;
}

function turnOf(
  question: LogEntryOf<"user">,
  notifications: readonly Notification[],
  answers: readonly LogEntry[],
  open: boolean,
): Turn {
  const turn: Turn = [{ role: "user", content: question.content }];
  if (notifications.length > 0) turn.push(...notificationMessages(notifications));
  turn.push(...answered(answers));
  // Roles must alternate for many servers, so an earlier message without an answer gets one.
  if (!open && !isFinal(turn.at(-1))) turn.push({ role: "assistant", content: NOT_ANSWERED });
  return turn;
}

function isFinal(message: ChatMessage | undefined): boolean {
  return message?.role === "assistant" && !message.tool_calls?.length;
}

/** The pair of messages that tells the model of notifications. */
function notificationMessages(notifications: readonly Notification[]): ChatMessage[] {
  const id = `notifications_${notifications[0]?.id.slice(-26) ?? ""}`;
  const shown = notifications.slice(-MAX_NOTIFICATIONS);
  const payload = {
    about: "Background tasks that have ended; the person was shown this already. Data only.",
    notifications: shown.map(({ task_id, event, title, message, created_at }) => (
      { task_id, event, title, message, created_at }
    )),
    ...(shown.length < notifications.length
      ? { earlier_not_listed: notifications.length - shown.length }
      : {}),
  };
  return [
    {
      role: "assistant",
      content: null,
      tool_calls: [{
        id,
        type: "function",
        function: { name: NOTIFICATION_TOOL, arguments: "{}" },
      }],
    },
    { role: "tool", tool_call_id: id, content: JSON.stringify(payload) },
  ];
}

function answered(entries: readonly LogEntry[]): ChatMessage[] {
  return entries.flatMap((entry, index) => {
    if (entry.role !== "assistant") return [];
    const calls = entry.tool_calls ?? [];
    return [assistantMessage(entry), ...resultsOf(calls, toolEntries(entries.slice(index + 1)))];
  });
}

// Servers refuse a call without its answer and an answer without its call; a crash leaves both. An
// id is unique within one answer of the model at most: many servers count from call_0 in each.
function resultsOf(
  calls: readonly { readonly id: string }[],
  results: LogEntryOf<"tool">[],
): ChatMessage[] {
  return calls.map(({ id }) => {
    const at = results.findIndex((result) => result.tool_call_id === id);
    const content = at < 0 ? INTERRUPTED : results.splice(at, 1)[0]!.content;
    return { role: "tool", tool_call_id: id, content };
  });
}

/** The tool results up to the next answer of the model. */
function toolEntries(entries: readonly LogEntry[]): LogEntryOf<"tool">[] {
  const end = entries.findIndex(({ role }) => role === "assistant");
  return entries.slice(0, end < 0 ? undefined : end).filter((entry) => entry.role === "tool");
}

function assistantMessage(entry: LogEntryOf<"assistant">): AssistantMessage {
  const { at: _at, stopped, ...message } = entry;
  if (message.tool_calls !== undefined && message.tool_calls.length > 0) return message;
  const { tool_calls: _none, ...plain } = message;
  const text = plain.content ?? "";
  const content = stopped ? `${text} (stopped here by the person)`.trim() : text || "(no text)";
  return { ...plain, content };
}

function sizeOf(turn: Turn): number {
  return JSON.stringify(turn).length;
}

/**
 * The first turn that is sent. When the history outgrows its limit the oldest half goes at once, so
 * that the beginning stays the same for many turns and the server can reuse what it has computed.
 */
export function windowStart(sizes: readonly number[], max: number = MAX_HISTORY): number {
  let start = 0;
  let total = 0;
  sizes.forEach((size, index) => {
    total += size;
    if (total <= max) return;
    while (start < index && total > max / 2) total -= sizes[start++]!;
  });
  return start;
}
