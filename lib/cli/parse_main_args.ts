/** The command line of main.ts: the chat, or the operator's command. */
import { helpText } from "./help.ts";
import { type Flag, idOf, parseFlags, secondsOf } from "./parse_flags.ts";
import { parseTasksArgs, type TasksCommand } from "./tasks/parse_tasks_args.ts";
import { UsageError } from "./usage_error.ts";

export interface ChatCommand {
  readonly kind: "chat";
  readonly dir: string | undefined;
  readonly conversation: string | undefined;
  /** `--continue`: the conversation used last. */
  readonly newest: boolean;
  /** "-" means standard input. */
  readonly message: string | undefined;
  /** Without `seconds` it waits as long as it takes. */
  readonly wait: { readonly seconds: number | undefined } | undefined;
  readonly json: boolean;
}

/** The chat, or its help. */
export type StartCommand = ChatCommand | { readonly kind: "help"; readonly text: string };
export type MainCommand = StartCommand | TasksCommand;

const CHAT_FLAGS: readonly Flag[] = [
  { name: "dir", value: "DIR", help: "Directory of tasks (PERSISTENT_DIR, ./persistent)" },
  { name: "conversation", value: "ID", help: "Go on with this conversation, or begin it" },
  { name: "continue", help: "Go on with the conversation used last" },
  {
    name: "message",
    value: "TEXT",
    help: "One turn with this text and out; - reads it from stdin",
  },
  {
    name: "wait",
    value: "SECONDS",
    optional: true,
    help: "Then wait for the tasks it scheduled and show their notifications",
  },
  { name: "json", help: "Print the turn as one JSON object" },
];

/**
 * The command line of start.ts: the chat's flags and nothing else.
 *
 * @throws {UsageError} on anything that is not understood
 */
export function parseStartArgs(args: readonly string[]): StartCommand {
  const rest = args[0] === "--" ? args.slice(1) : args;
  if (rest[0] === "tasks") {
    throw new UsageError(
      "start takes the chat's flags only; the other command is: deno task tasks",
    );
  }
  return parseChat(rest[0] === "chat" ? rest.slice(1) : rest, startHelp);
}

/** @throws {UsageError} on anything that is not understood */
export function parseMainArgs(args: readonly string[]): MainCommand {
  const rest = args[0] === "--" ? args.slice(1) : args;
  if (rest[0] === "tasks") return parseTasksArgs(rest.slice(1));
  return parseChat(rest[0] === "chat" ? rest.slice(1) : rest, chatHelp);
}

function parseChat(
  args: readonly string[],
  help: () => string,
): StartCommand {
  const { positionals, values, on } = parseFlags(args, CHAT_FLAGS);
  if (on.has("help")) return { kind: "help", text: help() };
  if (positionals[0] !== undefined) {
    throw new UsageError(
      `Unexpected argument "${positionals[0]}"; a message goes behind --message, see --help`,
    );
  }
  const { message, wait } = values;
  const conversation = values["conversation"] === undefined
    ? undefined
    : idOf("conversation", values["conversation"]);
  if (conversation !== undefined && on.has("continue")) {
    throw new UsageError("Give --conversation or --continue, not both");
  }
  return {
    kind: "chat",
    dir: values["dir"],
    conversation,
    newest: on.has("continue"),
    message,
    wait: wait === undefined ? undefined : { seconds: wait ? secondsOf("wait", wait) : undefined },
    json: on.has("json"),
  };
}

/**
 * The text of a single turn.
 *
 * @returns `undefined` where a person sits at the terminal and wants to chat
 * @throws {UsageError} when there is nothing to say, or flags ask for one turn and no text is there
 */
export async function messageOf(
  command: ChatCommand,
  terminal: { readonly stdin_is_terminal: boolean },
  readStdin: () => Promise<string>,
): Promise<string | undefined> {
  const fromStdin = command.message === "-" ||
    (command.message === undefined && !terminal.stdin_is_terminal);
  const text = fromStdin ? await readStdin() : command.message;
  if (text === undefined) {
    if (!command.json && command.wait === undefined) return undefined;
    throw new UsageError("--json and --wait are for a single turn: add --message TEXT");
  }
  if (text.trim() === "") {
    throw new UsageError("There is no message: give --message TEXT, or text on standard input");
  }
  return text.trim();
}

function chatHelp(): string {
  return helpText({
    summary: "Chat with a model that hands long work to a background service.",
    usage: ["main.ts [chat] [flags]", "main.ts tasks COMMAND [flags]   (see: tasks --help)"],
    flags: CHAT_FLAGS,
  });
}

function startHelp(): string {
  return helpText({
    summary:
      "Run a background service quietly beside the chat, and end it with the chat. One that\n" +
      "works on the same tasks already is used, and left running.\n" +
      "The log goes to service.log in the directory of tasks.",
    usage: ["start [flags]"],
    flags: CHAT_FLAGS,
  });
}
