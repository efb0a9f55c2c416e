/**
 * What the model is sent of a conversation. Pure.
 *
 * The beginning stays the same from request to request, so that a server can reuse what it has
 * computed: what changes is told behind the message with which it became known, and what is left
 * out or shortened goes in large steps, seldom.
 */
import type { AssistantMessage, ChatMessage } from "../model/model.ts";
import { parseTime } from "../task/time.ts";
import { clock } from "./clock.ts";
import { earlierTasks } from "./earlier_tasks.ts";
import { type Exchange, exchangesOf } from "./exchanges.ts";
import type { LogEntry, LogEntryOf } from "./log_entry.ts";
import { toldMessages } from "./told_messages.ts";

/** Characters of history sent with a request, about four to a token. */
const MAX_HISTORY = 120_000;
/** Characters of notifications' messages that are sent in full, the newest; of others a summary. */
const MAX_FULL_MESSAGES = 16_000;
/** The time is told again once it is off by so much, in milliseconds. */
const TIME_STEP_MS = 5 * 60_000;

const NOT_ANSWERED = "(This message was not answered.)";
const INTERRUPTED =
  '{"error":"The call was interrupted; whether it took effect is unknown. Look before repeating it."}';
const LEFT_OUT =
  "Earlier messages of this conversation are not shown to you; get_notifications has the tasks of that part, and get_background_task what came of each.";

/**
 * The messages of a request: the system prompt, then the newest exchanges that fit.
 *
 * @param system the system prompt, given the time of the first message that is sent, in
 * milliseconds since the epoch, where that is known
 */
export function requestMessages(
  system: (since: number | undefined) => string,
  entries: readonly LogEntry[],
): ChatMessage[] {
  const exchanges = exchangesOf(entries);
  const start = windowStart(exchanges.map(sizeOfExchange));
  const sent = exchanges.slice(start);
  const since = timeOf(sent[0]);
  const inFull = toldInFull(exchanges);
  const times = toldTimes(sent, since);
  const turns = sent.map((exchange, index) => {
    const told = toldMessages({
      key: exchange.question.at.replace(/\D/g, ""),
      now: times[index],
      earlier: index === 0 && start > 0 ? earlierTasks(exchanges.slice(0, start)) : undefined,
      notifications: exchange.notifications,
      inFull: ({ id }) => inFull.has(id),
    });
    return turnOf(exchange, told, index === sent.length - 1);
  });
  const prompt = system(since) + (start === 0 ? "" : `\n\n${LEFT_OUT}`);
  return [{ role: "system", content: prompt }, ...turns.flat()];
}

function turnOf(
  { question, answers }: Exchange,
  told: readonly ChatMessage[],
  open: boolean,
): ChatMessage[] {
  const turn: ChatMessage[] = [
    { role: "user", content: question.content },
    ...told,
    ...answered(answers),
  ];
  // Roles must alternate for many servers, so an earlier message without an answer gets one.
  if (!open && !isFinal(turn.at(-1))) turn.push({ role: "assistant", content: NOT_ANSWERED });
  return turn;
}

function isFinal(message: ChatMessage | undefined): boolean {
  return message?.role === "assistant" && !message.tool_calls?.length;
}

/** The ids of the notifications that are told in full: the newest, as far as there is room. */
function toldInFull(exchanges: readonly Exchange[]): ReadonlySet<string> {
  const all = exchanges.flatMap(({ notifications }) => notifications);
  const start = windowStart(all.map(({ message }) => message.length), MAX_FULL_MESSAGES);
  return new Set(all.slice(start).map(({ id }) => id));
}

/** For each exchange the time to tell with it, where what was told before is too far off. */
function toldTimes(
  exchanges: readonly Exchange[],
  since: number | undefined,
): (string | undefined)[] {
  let told = since;
  return exchanges.map((exchange) => {
    const at = timeOf(exchange);
    if (at === undefined || told === undefined) return undefined;
    const isOff = Math.abs(at - told) >= TIME_STEP_MS;
    // What comes with a notification costs nothing.
    if (!isOff && exchange.notifications.length === 0) return undefined;
    told = at;
    return clock(at);
  });
}

function timeOf(exchange: Exchange | undefined): number | undefined {
  const at = exchange === undefined ? NaN : parseTime(exchange.question.at);
  return Number.isFinite(at) ? at : undefined;
}

// Without what may be told shorter one day: the window must never move back.
function sizeOfExchange(exchange: Exchange): number {
  const { notifications } = exchange;
  const told = toldMessages({ key: "", notifications, inFull: () => false });
  return sizeOf(turnOf(exchange, told, true));
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

function sizeOf(messages: readonly ChatMessage[]): number {
  return JSON.stringify(messages).length;
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
