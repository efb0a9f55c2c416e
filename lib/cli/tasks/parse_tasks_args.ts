/** The command line of `tasks`, the operator's command. */
import { closestString } from "@std/text";
import { helpText } from "../help.ts";
import { parseFlags } from "../parse_flags.ts";
import { UsageError } from "../usage_error.ts";
import { COMMON_FLAGS } from "./common_flags.ts";
import type { Prepared, Subcommand, Takes } from "./subcommand.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** One call of `tasks`, or its help. */
export type TasksCommand =
  | (Prepared & {
    readonly kind: "tasks";
    /** The subcommand's name. */
    readonly action: string;
    readonly dir: string | undefined;
  })
  | { readonly kind: "help"; readonly text: string };

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
  const flags = parseFlags(rest, subcommand.flags);
  if (flags.on.has("help")) return { kind: "help", text: helpOf(subcommand) };
  checkPositionals(name, subcommand, flags.positionals);
  const prepared = subcommand.prepare(flags, { json: flags.on.has("json") });
  return { kind: "tasks", action: name, dir: flags.values["dir"], ...prepared };
}

const AT_MOST: Record<Takes["what"], number> = {
  "nothing": 0,
  "a task": 1,
  "a word": 1,
  "tasks": Infinity,
  "tasks or none": Infinity,
};

/** How an overview names what a subcommand takes; its own help says more. */
const POSITIONALS: Record<Takes["what"], string> = {
  "nothing": "",
  "a task": " ID",
  "a word": " SHELL",
  "tasks": " ID…",
  "tasks or none": " [ID…]",
};

function checkPositionals(
  name: string,
  { takes, usage }: Subcommand,
  given: readonly string[],
): void {
  const surplus = given[AT_MOST[takes.what]];
  if (surplus !== undefined) {
    throw new UsageError(`tasks ${name}: unexpected argument "${surplus}"; see --help`);
  }
  if (takes.what === "a word") {
    const expected = takes.choices.join(", ");
    if (given[0] === undefined) throw new UsageError(`Give one of ${expected}: tasks ${usage}`);
    if (!takes.choices.includes(given[0])) {
      throw new UsageError(`tasks ${name}: expected one of ${expected}, got "${given[0]}"`);
    }
  } else if ((takes.what === "a task" || takes.what === "tasks") && given.length === 0) {
    throw new UsageError(`Give a task's id: tasks ${usage}`);
  }
}

function visible(): [name: string, subcommand: Subcommand][] {
  return Object.entries(SUBCOMMANDS).filter(([, { hidden }]) => !hidden);
}

function names(): string[] {
  return visible().map(([name]) => name);
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
      "Instead of a whole ID its beginning or end will do, as lists show it.",
    usage: ["tasks COMMAND [flags]"],
    sections: [{
      title: "Commands",
      rows: visible().map((
        [name, { takes, summary }],
      ) => [`${name}${POSITIONALS[takes.what]}`, summary]),
    }],
    flags: COMMON_FLAGS,
  });
}

function helpOf({ usage, summary, details, flags }: Subcommand): string {
  return helpText({
    summary: `${summary}.${details === undefined ? "" : `\n${details}`}`,
    usage: [`tasks ${usage}`],
    flags,
  });
}
