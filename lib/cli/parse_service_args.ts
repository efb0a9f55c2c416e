/** The command line of background_service.ts. */
import { helpText } from "./help.ts";
import { type Flag, parseFlags, secondsOf } from "./parse_flags.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS: readonly Flag[] = [
  { name: "dir", value: "DIR", help: "Directory of tasks (PERSISTENT_DIR, ./persistent)" },
  { name: "concurrency", value: "N", help: "Tasks run at the same time (TASK_CONCURRENCY, 4)" },
  { name: "drain", help: "Exit when nothing is running and nothing is due" },
  { name: "grace", value: "SECONDS", help: "How long a stop waits for a step to finish (10)" },
  {
    name: "stop-with-stdin",
    help: "Stop when standard input ends; a line there counts as a Ctrl-C",
  },
  {
    name: "log-format",
    value: "FORMAT",
    help: "pretty or json (LOG_FORMAT; pretty at a terminal)",
  },
  { name: "log-level", value: "LEVEL", help: "trace, debug, info, warning, error or fatal (info)" },
];

const GRACE_SECONDS = 10;

/** What the service was started for. `flags` go to loadConfig() as they are. */
export type ServiceArgs =
  | { readonly kind: "help"; readonly text: string }
  | {
    readonly kind: "run";
    readonly drain: boolean;
    /** Standard input gives orders, and its end is one. */
    readonly stop_with_stdin: boolean;
    readonly grace_seconds: number;
    readonly flags: Readonly<Record<string, string>>;
  };

/** @throws {UsageError} on anything that is not understood */
export function parseServiceArgs(args: readonly string[]): ServiceArgs {
  const { positionals, values, on } = parseFlags(args, FLAGS);
  if (on.has("help")) return { kind: "help", text: help() };
  if (positionals[0] !== undefined) {
    throw new UsageError(`Unexpected argument "${positionals[0]}"; see --help`);
  }
  const { grace, ...flags } = values;
  return {
    kind: "run",
    drain: on.has("drain"),
    stop_with_stdin: on.has("stop-with-stdin"),
    grace_seconds: grace === undefined ? GRACE_SECONDS : graceOf(grace),
    flags,
  };
}

function graceOf(text: string): number {
  return text === "0" ? 0 : secondsOf("grace", text);
}

function help(): string {
  return helpText({
    summary: "Runs background tasks until it is stopped.",
    usage: ["background_service.ts [flags]"],
    flags: FLAGS,
  });
}
