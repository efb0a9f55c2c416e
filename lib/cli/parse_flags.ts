/** Strict flags over `@std/cli`: nothing is guessed, and an unknown flag says what was meant. */
import { parseArgs } from "@std/cli";
import { closestString } from "@std/text";
import { ID_EXPECTED, isId } from "../task/id.ts";
import { UsageError } from "./usage_error.ts";

/** One flag of a command. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What its value is called in the help text; a flag without it is on or off. */
  readonly value?: string;
  /** The value may be left out (`--wait` or `--wait=5`); it is then "". */
  readonly optional?: true;
  /** What completion offers as its value. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Every command has it. */
export const HELP: Flag = { name: "help", help: "Show this help and exit" };

export interface Flags {
  readonly positionals: readonly string[];
  /** The values of flags that take one, by name. The last one counts where it is given twice. */
  readonly values: Readonly<Record<string, string>>;
  /** Names of the flags without a value that were given. */
  readonly on: ReadonlySet<string>;
}

/**
 * Parses the arguments of one command. A leading `--` is ignored; behind any other one everything
 * is positional.
 *
 * @throws {UsageError} on an unknown flag, or a value that is missing or too much
 */
export function parseFlags(args: readonly string[], known: readonly Flag[]): Flags {
  const flags = [...known, HELP];
  const normalized = normalize(args[0] === "--" ? args.slice(1) : args, flags);
  const withValue = flags.filter((flag) => flag.value !== undefined).map((flag) => flag.name);
  const parsed = parseArgs(normalized, { string: [...withValue, "_"], boolean: onOff(flags) });
  return {
    positionals: parsed._.map(String),
    values: Object.fromEntries(
      withValue.flatMap((name) => parsed[name] === undefined ? [] : [[name, String(parsed[name])]]),
    ),
    on: new Set(onOff(flags).filter((name) => parsed[name] === true)),
  };
}

function onOff(flags: readonly Flag[]): string[] {
  return flags.filter((flag) => flag.value === undefined).map((flag) => flag.name);
}

// parseArgs takes no value that begins with a dash ("--priority -5", "--message -") and gives ""
// for a missing one; so every value is joined to its flag first, and unknown flags are found here.
function normalize(args: readonly string[], flags: readonly Flag[]): string[] {
  const normalized: string[] = [];
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
      continue;
    }
    const [name, value] = split(arg);
    const flag = find(name, flags);
    if (flag.value === undefined || flag.optional || value !== undefined) {
      normalized.push(joined(flag, value));
    } else normalized.push(joined(flag, args[++i]));
  }
  return [...normalized, "--", ...positionals];
}

function split(arg: string): [name: string, value: string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function find(typed: string, flags: readonly Flag[]): Flag {
  const name = typed === "-h" ? "--help" : typed;
  const flag = flags.find((candidate) => `--${candidate.name}` === name);
  if (flag !== undefined) return flag;
  const nearest = closestString(typed, flags.map((candidate) => `--${candidate.name}`));
  throw new UsageError(`Unknown flag "${typed}"; did you mean ${nearest}? See --help`);
}

function joined(flag: Flag, value: string | undefined): string {
  const { name } = flag;
  if (flag.value === undefined) {
    if (value === undefined) return `--${name}`;
    throw new UsageError(`--${name} takes no value, got "${value}"; see --help`);
  }
  if (value === undefined && !flag.optional) {
    throw new UsageError(`--${name} needs a value: --${name} ${flag.value}; see --help`);
  }
  return `--${name}=${value ?? ""}`;
}

/**
 * A flag's value as an id.
 *
 * @throws {UsageError} when it is none
 */
export function idOf(name: string, text: string): string {
  if (isId(text)) return text;
  throw new UsageError(`--${name}: expected ${ID_EXPECTED}, got "${text}"`);
}

/**
 * A flag's value as a number of seconds over 0.
 *
 * @throws {UsageError} when it is none
 */
export function secondsOf(name: string, text: string): number {
  const seconds = Number(text);
  // A timer holds 2^31 - 1 milliseconds at most, a little under 25 days.
  if (text.trim() !== "" && seconds > 0 && seconds <= 2_000_000) return seconds;
  throw new UsageError(`--${name}: expected seconds, over 0 and at most 2000000, got "${text}"`);
}

/**
 * A flag's value as a whole number.
 *
 * @throws {UsageError} when it is none from `min` to `max`
 */
export function wholeNumberOf(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}, got "${text}"`);
}
