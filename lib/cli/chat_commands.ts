/** What begins with a slash in the chat: done by the program, never sent to the model. */
import { closestString } from "@std/text";
import type { Storage } from "../open_storage.ts";
import type { Refusal } from "../queue/task_queue.ts";
import type { Task } from "../task/record.ts";
import type { Notification } from "../task/notification.ts";
import { journalOf } from "./journal_of.ts";
import { renderNotification, renderTable, renderTask, shortId } from "./render_task.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Terminal } from "./terminal.ts";
import { whyNotRetried } from "./why_not_retried.ts";

export interface ChatCommandContext {
  readonly storage: Storage;
  readonly conversation_id: string;
  /** Notifications shown in this chat so far. */
  readonly shown: readonly Notification[];
  readonly terminal: Terminal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What the chat does next. */
export type AfterCommand = "go_on" | "quit" | "new_conversation";

interface Command {
  readonly usage: string;
  readonly help: string;
  run(argument: string, context: ChatCommandContext): Promise<AfterCommand> | AfterCommand;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  "/tasks": { usage: "/tasks", help: "This conversation's tasks", run: (_, c) => tasks(c) },
  "/task": { usage: "/task ID", help: "One task whole", run: onTask(show) },
  "/cancel": { usage: "/cancel ID", help: "Stop a task", run: onTask(cancel) },
  "/retry": { usage: "/retry ID", help: "Run a failed task again", run: onTask(retry) },
  "/notifications": {
    usage: "/notifications",
    help: "Those shown in this chat once more",
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
  context.terminal.out(
    `There is no command ${sanitizeLine(name)}; did you mean ${nearest}? See /help\n`,
  );
  return "go_on";
}

async function tasks(context: ChatCommandContext): Promise<AfterCommand> {
  const { storage, conversation_id, terminal } = context;
  const found = await storage.queue.list({ conversation_id, limit: 50 });
  terminal.out(
    found.length === 0
      ? "This conversation has no tasks yet.\n"
      : renderTable(found, terminal, context.now()),
  );
  return "go_on";
}

function onTask(act: (task: Task, context: ChatCommandContext) => Promise<string>) {
  return async (argument: string, context: ChatCommandContext): Promise<AfterCommand> => {
    const found = await find(argument, context);
    context.terminal.out(typeof found === "string" ? found + "\n" : await act(found, context));
    return "go_on";
  };
}

// The whole id, or its end as notifications show it, where only one task of this chat has that.
async function find(argument: string, context: ChatCommandContext): Promise<Task | string> {
  if (argument === "") return "Give the task's id; see /tasks";
  const { storage, conversation_id } = context;
  const exact = await storage.queue.get(argument);
  if (exact?.record.conversation_id === conversation_id) return exact;
  const matches = exact === undefined ? await endingIn(argument, context) : [];
  if (matches.length === 1) return matches[0]!;
  const id = sanitizeLine(argument);
  return matches.length > 1
    ? `Several tasks end in "${id}"; give the whole id, see /tasks`
    : `This conversation has no task "${id}"; see /tasks`;
}

// Reads every record there is where this conversation has few: only for what is no whole id.
async function endingIn(
  end: string,
  { storage, conversation_id }: ChatCommandContext,
): Promise<Task[]> {
  if (end.length < 4) return [];
  const tasks = await storage.queue.list({ conversation_id, limit: 1_000 });
  return tasks.filter(({ record }) => record.id.toUpperCase().endsWith(end.toUpperCase()));
}

async function show(task: Task, { storage, terminal, now }: ChatCommandContext): Promise<string> {
  return renderTask(task, await journalOf(task, storage.journals), terminal, now());
}

async function cancel(task: Task, { storage, signal }: ChatCommandContext): Promise<string> {
  const { id, title } = task.record;
  try {
    const answer = await storage.queue.cancel(id, signal);
    if (!answer.ok) return `It cannot be cancelled: it is ${stateOf(answer)}.\n`;
    const cancelled = answer.task.record.error?.code === "cancelled";
    return cancelled
      ? `Cancelled "${sanitizeLine(title)}" (${shortId(id)}).\n`
      : `It ended before it could be cancelled (${answer.task.state}).\n`;
  } catch (error) {
    if (!signal.aborted) throw error;
    return "Asked to stop; it has not ended yet.\n";
  }
}

async function retry(task: Task, { storage }: ChatCommandContext): Promise<string> {
  const { id, title } = task.record;
  const answer = await storage.queue.retry(id, { fresh: false });
  if (!answer.ok) return notRetried(answer);
  return `Running "${sanitizeLine(title)}" (${shortId(id)}) again.\n`;
}

// Running a completed task again takes a flag, which commands of the chat do not have.
function notRetried(refusal: Refusal): string {
  if (refusal.reason === "unknown") return "It cannot be retried: it is gone.\n";
  const { task } = refusal;
  if (task.state === "completed") {
    const id = sanitizeLine(task.record.id);
    return `It is completed; to run it again from the beginning: tasks retry ${id} --fresh\n`;
  }
  const open = task.state !== "failed";
  return `It cannot be retried: ${open ? `it is ${task.state}` : whyNotRetried(task, false)}.\n`;
}

function stateOf(refusal: Refusal): string {
  return refusal.reason === "unknown" ? "gone" : refusal.task.state;
}

function notifications({ shown, terminal }: ChatCommandContext): AfterCommand {
  const text = shown.map((notification) => renderNotification(notification, terminal)).join("");
  terminal.out(text || "No notifications in this chat yet.\n");
  return "go_on";
}

function help({ terminal }: ChatCommandContext): AfterCommand {
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length));
  for (const { usage, help } of Object.values(COMMANDS)) {
    terminal.out(`  ${usage.padEnd(width)}  ${help}\n`);
  }
  return "go_on";
}
