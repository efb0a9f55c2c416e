/** The command line of `tasks`, the operator's command. */
import { closestString } from "@std/text";
import { TASK_STATES, type TaskState } from "../task/record.ts";
import { helpText } from "./help.ts";
import {
  type Flag,
  type Flags,
  idOf,
  parseFlags,
  secondsOf,
  wholeNumberOf,
} from "./parse_flags.ts";
import { taskRequestOf } from "./task_request.ts";
import type { TaskRequest } from "../task/record.ts";
import { UsageError } from "./usage_error.ts";

/** What every subcommand has. */
interface Common {
  readonly kind: "tasks";
  readonly dir: string | undefined;
  readonly json: boolean;
}

export type TasksAction =
  | {
    readonly action: "list";
    readonly states: readonly TaskState[] | undefined;
    readonly conversation: string | undefined;
    readonly limit: number;
  }
  | { readonly action: "show"; readonly id: string }
  | { readonly action: "add"; readonly request: TaskRequest & { id?: string } }
  | { readonly action: "cancel"; readonly ids: readonly string[] }
  | { readonly action: "retry"; readonly ids: readonly string[]; readonly fresh: boolean }
  | {
    readonly action: "wait";
    readonly ids: readonly string[];
    readonly timeout_seconds: number | undefined;
  }
  | { readonly action: "doctor" };

export type TasksCommand =
  | (Common & TasksAction)
  | { readonly kind: "help"; readonly text: string };

const COMMON: readonly Flag[] = [
  { name: "dir", value: "DIR", help: "Directory of tasks (PERSISTENT_DIR, ./persistent)" },
  { name: "json", help: "Print JSON" },
];

interface Subcommand {
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** How many ids it takes. */
  readonly ids: "none" | "one" | "some";
  readonly parse: (flags: Flags) => TasksAction;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  list: {
    usage: "list [flags]",
    summary: "Tasks, newest first",
    ids: "none",
    flags: [
      { name: "state", value: "STATES", help: "Only these, separated by commas" },
      { name: "conversation", value: "ID", help: "Only this conversation's" },
      { name: "limit", value: "N", help: "At most so many (50)" },
    ],
    parse: ({ values: { conversation, limit, state } }) => ({
      action: "list",
      states: statesOf(state),
      conversation: conversation === undefined ? undefined : idOf("conversation", conversation),
      limit: wholeNumberOf("limit", limit ?? "50", 1, 1_000_000),
    }),
  },
  show: {
    usage: "show ID",
    summary: "One task whole, with its journal",
    ids: "one",
    flags: [],
    parse: ({ positionals }) => ({ action: "show", id: positionals[0]! }),
  },
  add: {
    usage: "add --prompt TEXT [flags]",
    summary: "Hand in a task",
    ids: "none",
    flags: [
      { name: "prompt", value: "TEXT", help: "What is to be done" },
      { name: "conversation", value: "ID", help: "Whom to notify (cli)" },
      { name: "id", value: "ID", help: "Adding one that exists changes nothing" },
      { name: "title", value: "TEXT", help: "A few words for people" },
      { name: "priority", value: "N", help: "-100 to 100, higher first (0)" },
      { name: "created-at", value: "TIME", help: "When it was made, RFC 3339 (now)" },
      { name: "run-at", value: "TIME", help: "Not before this time, RFC 3339" },
      { name: "max-attempts", value: "N", help: "Tries when the model is away (3)" },
      { name: "timeout-seconds", value: "N", help: "Time it may run (600)" },
      { name: "max-steps", value: "N", help: "Model calls it may make (30)" },
      { name: "max-tokens", value: "N", help: "Tokens it may use (no limit)" },
      { name: "tools", value: "A,B", help: 'Only these tools; "" for none (all)' },
      { name: "model", value: "NAME", help: "Another model (BACKGROUND_MODEL)" },
      { name: "metadata", value: "JSON", help: "An object that is kept with it" },
    ],
    parse: ({ values }) => ({ action: "add", request: taskRequestOf(values) }),
  },
  cancel: {
    usage: "cancel ID…",
    summary: "Stop tasks that have not ended",
    ids: "some",
    flags: [],
    parse: ({ positionals }) => ({ action: "cancel", ids: positionals }),
  },
  retry: {
    usage: "retry ID… [--fresh]",
    summary: "Run failed tasks again",
    ids: "some",
    flags: [{ name: "fresh", help: "From the beginning, without the journal; completed ones too" }],
    parse: ({ positionals, on }) => ({ action: "retry", ids: positionals, fresh: on.has("fresh") }),
  },
  wait: {
    usage: "wait ID… [--timeout SECONDS]",
    summary: "Wait until tasks have ended",
    ids: "some",
    flags: [{ name: "timeout", value: "SECONDS", help: "Give up after so long (never)" }],
    parse: ({ positionals, values: { timeout } }) => ({
      action: "wait",
      ids: positionals,
      timeout_seconds: timeout === undefined ? undefined : secondsOf("timeout", timeout),
    }),
  },
  doctor: {
    usage: "doctor",
    summary: "Services, their tools, and the state of the directory",
    ids: "none",
    flags: [],
    parse: () => ({ action: "doctor" }),
  },
};

/**
 * @param args what follows `tasks`
 * @throws {UsageError} on anything that is not understood
 */
export function parseTasksArgs(args: readonly string[]): TasksCommand {
  const [name, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (name === "--help" || name === "-h") return { kind: "help", text: overview() };
  if (name?.startsWith("-")) {
    throw new UsageError(`Give the command before its flags: tasks COMMAND ${name} …; see --help`);
  }
  if (name === undefined) throw new UsageError(`Give a command: ${names().join(", ")}; see --help`);
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand === undefined) throw unknownCommand(name);
  const flags = parseFlags(rest, [...subcommand.flags, ...COMMON]);
  if (flags.on.has("help")) return { kind: "help", text: helpOf(subcommand) };
  checkIds(name, subcommand, flags.positionals);
  return {
    kind: "tasks",
    dir: flags.values["dir"],
    json: flags.on.has("json"),
    ...subcommand.parse(flags),
  };
}

function checkIds(name: string, { ids, usage }: Subcommand, given: readonly string[]): void {
  if (ids !== "none" && given.length === 0) {
    throw new UsageError(`Give a task's id: tasks ${usage}`);
  }
  const surplus = ids === "none" ? given[0] : ids === "one" ? given[1] : undefined;
  if (surplus !== undefined) {
    throw new UsageError(`tasks ${name}: unexpected argument "${surplus}"; see --help`);
  }
}

function statesOf(text: string | undefined): TaskState[] | undefined {
  return text?.split(",").map((name) => {
    const state = TASK_STATES.find((known) => known === name.trim());
    if (state !== undefined) return state;
    throw new UsageError(`--state: expected ${TASK_STATES.join(", ")}, got "${name}"`);
  });
}

function names(): string[] {
  return Object.keys(SUBCOMMANDS);
}

function unknownCommand(name: string): UsageError {
  const nearest = closestString(name, names());
  return new UsageError(
    `Unknown command "tasks ${name}"; did you mean ${nearest}? There are ${names().join(", ")}`,
  );
}

function overview(): string {
  return helpText({
    summary: "Look at background tasks and act on them.\n" +
      "Instead of a whole ID its end will do, as notifications show it.",
    usage: ["tasks COMMAND [flags]"],
    sections: [{
      title: "Commands",
      rows: Object.values(SUBCOMMANDS).map(({ usage, summary }) => [usage, summary]),
    }],
    flags: COMMON,
  });
}

function helpOf({ usage, summary, flags }: Subcommand): string {
  return helpText({
    summary: `${summary}.`,
    usage: [`tasks ${usage}`],
    flags: [...flags, ...COMMON],
  });
}
