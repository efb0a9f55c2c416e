/** What begins with a slash in the chat: done by the program, never sent to the model. */
import { closestString } from "@std/text";
import { tasksOf } from "../../conversation/own_tasks.ts";
import type { Storage } from "../../open_storage.ts";
import type { Refusal } from "../../queue/task_queue.ts";
import { type Notification, notificationId } from "../../task/notification.ts";
import { type Task, TASK_STATES, type TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { KEY_HELP } from "../editor/keymap.ts";
import { journalOf } from "../journal_of.ts";
import { sanitizeLine } from "../sanitize.ts";
import type { LiveOutput } from "../screen/live_view.ts";
import { paintLines, plainLine, type StyledLine } from "../styled_line.ts";
import { shortId } from "../task_words.ts";
import type { Look } from "../terminal.ts";
import { whyNotRetried } from "../why_not_retried.ts";
import { followTask } from "./follow_task.ts";
import { wholeNotification } from "./notification_lines.ts";
import { ownTask } from "./own_task.ts";
import { resultLines, taskLines, taskStory } from "./task_lines.ts";
import { wrapWords } from "../word_wrap.ts";

export interface ChatCommandContext {
  readonly storage: Storage;
  readonly conversation_id: string;
  /** Notifications shown in this chat so far. */
  readonly shown: readonly Notification[];
  /** Called where a command has shown what a notification is going to say. */
  readonly onCovered: (notification_id: string) => void;
  readonly output: LiveOutput;
  readonly look: Look;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Aborted by Ctrl-C too, and when the person sends something else. */
  readonly seen_enough: AbortSignal;
}

/** What the chat does next. */
export type AfterCommand = "go_on" | "quit" | "new_conversation";

export interface Command {
  readonly usage: string;
  readonly help: string;
  /** Tasks in these states are what it takes. */
  readonly takes?: readonly TaskState[];
  run(argument: string, context: ChatCommandContext): Promise<AfterCommand> | AfterCommand;
}

/** At most so many tasks are listed. */
const MAX_LISTED = 50;

export const COMMANDS: Readonly<Record<string, Command>> = {
  "/tasks": { usage: "/tasks", help: "This conversation's tasks", run: (_, c) => tasks(c) },
  "/task": {
    usage: "/task ID",
    help: "One task whole; follows it while it runs",
    takes: TASK_STATES,
    run: onOwnTask(show),
  },
  "/cancel": {
    usage: "/cancel ID",
    help: "Stop a task",
    takes: ["pending", "running"],
    run: onOwnTask(cancel),
  },
  "/retry": {
    usage: "/retry ID",
    help: "Run a failed task again",
    takes: ["failed"],
    run: onOwnTask(retry),
  },
  "/notifications": {
    usage: "/notifications",
    help: "Those shown in this chat, whole",
    run: (_, context) => notifications(context),
  },
  "/new": { usage: "/new", help: "Begin a new conversation", run: () => "new_conversation" },
  "/help": { usage: "/help", help: "This list", run: (_, context) => help(context) },
  "/quit": { usage: "/quit", help: "Leave; tasks go on (also Ctrl-D)", run: () => "quit" },
};

/** Whether a line is a command rather than a message; "/etc/passwd" is a message. */
export function isChatCommand(line: string): boolean {
  return /^\/[a-z]+(\s|$)/i.test(line);
}

/** Carries a command out, printing to the terminal. */
export async function runChatCommand(
  line: string,
  context: ChatCommandContext,
): Promise<AfterCommand> {
  const [name = "", ...rest] = line.split(/\s+/);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return await command.run(rest.join(" ").trim(), context);
  const nearest = closestString(name, Object.keys(COMMANDS));
  say(`There is no command ${sanitizeLine(name)}; did you mean ${nearest}? See /help`, context);
  return "go_on";
}

function say(text: string, { output, look }: ChatCommandContext): void {
  output.print(wrapWords(text, look.columns) + "\n");
}

function print(lines: readonly StyledLine[], { output, look }: ChatCommandContext): void {
  if (lines.length > 0) output.print(paintLines(lines, look));
}

async function tasks(context: ChatCommandContext): Promise<AfterCommand> {
  const { storage, conversation_id, look, now } = context;
  const found = await storage.queue.list({ ...tasksOf(conversation_id), limit: MAX_LISTED });
  if (found.length === 0) say("This conversation has no tasks yet.", context);
  const stories = await Promise.all(found.map(async (task) => ({
    task,
    journal: task.state === "running" ? await journalOf(task, storage.journals) : [],
  })));
  // The newest last: that is where the person looks.
  print(taskLines(stories.reverse(), look, now()), context);
  return "go_on";
}

function onOwnTask(act: (task: Task, context: ChatCommandContext) => Promise<string | undefined>) {
  return async (argument: string, context: ChatCommandContext): Promise<AfterCommand> => {
    const found = await ownTask(argument, context);
    const said = typeof found === "string" ? found : await act(found, context);
    if (said !== undefined) say(said, context);
    return "go_on";
  };
}

async function show(task: Task, context: ChatCommandContext): Promise<string | undefined> {
  const { storage, look, now } = context;
  if (task.state === "running") return await follow(task, context);
  const journal = await journalOf(task, storage.journals);
  print([...taskStory({ task, journal }, look, now()), ...resultLines(task, look)], context);
  return undefined;
}

async function follow(task: Task, context: ChatCommandContext): Promise<string | undefined> {
  const { seen_enough: signal, look, now } = context;
  const seen = await followTask(task, { ...context, signal });
  if (seen === undefined) return "It is gone.";
  if (!isTerminal(seen.state)) return undefined;
  const ended = taskLines([{ task: seen, journal: [] }], look, now());
  print([...ended.slice(0, 1), ...resultLines(seen, look)], context);
  const { id, run = 1 } = seen.record;
  context.onCovered(notificationId(id, seen.state, run));
  return undefined;
}

async function cancel(task: Task, context: ChatCommandContext): Promise<string> {
  const { storage, signal } = context;
  const { id, title } = task.record;
  try {
    const answer = await storage.queue.cancel(id, signal);
    if (!answer.ok) return `It cannot be cancelled: it is ${stateOf(answer)}.`;
    if (answer.task.record.error?.code !== "cancelled") {
      return `It ended before it could be cancelled (${answer.task.state}).`;
    }
    context.onCovered(notificationId(id, "failed", answer.task.record.run ?? 1));
    return `Cancelled "${sanitizeLine(title)}" (${shortId(id)}).`;
  } catch (error) {
    if (!signal.aborted) throw error;
    return "Asked to stop; it has not ended yet.";
  }
}

async function retry(task: Task, { storage }: ChatCommandContext): Promise<string> {
  const { id, title } = task.record;
  const answer = await storage.queue.retry(id, { fresh: false });
  if (!answer.ok) return notRetried(answer, storage);
  return `Running "${sanitizeLine(title)}" (${shortId(id)}) again.`;
}

// Running a completed task again takes a flag, which commands of the chat do not have.
function notRetried(refusal: Refusal, { upkeep }: ChatCommandContext["storage"]): string {
  if (refusal.reason === "unknown") return "It cannot be retried: it is gone.";
  const { task } = refusal;
  if (task.state === "completed") {
    const id = sanitizeLine(task.record.id);
    return `It is completed; to run it again from the beginning: tasks retry ${id} --fresh`;
  }
  const why = task.state === "failed"
    ? whyNotRetried(task, false, upkeep.originalOf(task.record.id))
    : `it is ${task.state}`;
  return `It cannot be retried: ${why}.`;
}

function stateOf(refusal: Refusal): string {
  return refusal.reason === "unknown" ? "gone" : refusal.task.state;
}

function notifications(context: ChatCommandContext): AfterCommand {
  const { shown, look } = context;
  if (shown.length === 0) say("No notifications in this chat yet.", context);
  print(shown.flatMap((notification) => wholeNotification(notification, look)), context);
  return "go_on";
}

function help(context: ChatCommandContext): AfterCommand {
  const commands = Object.values(COMMANDS).map(({ usage, help }) => [usage, help] as const);
  const width = Math.max(...commands.map(([usage]) => usage.length));
  const keys = KEY_HELP.map(([names, help]) => [names, help] as const);
  const keyWidth = Math.max(...keys.map(([names]) => names.length));
  print([
    ...helpRows(commands, width, context),
    plainLine(""),
    ...helpRows(keys, keyWidth, context),
  ], context);
  return "go_on";
}

// Below each other where there is no room beside.
function helpRows(
  rows: readonly (readonly [name: string, help: string])[],
  width: number,
  { look }: ChatCommandContext,
): StyledLine[] {
  const isNarrow = look.columns < width + 30;
  return rows.flatMap(([name, help]): StyledLine[] =>
    isNarrow
      ? [plainLine(`  ${name}`, "bold"), plainLine(`    ${help}`, "dim")]
      : [[...plainLine(`  ${name.padEnd(width)}`, "bold"), ...plainLine(`  ${help}`, "dim")]]
  );
}
