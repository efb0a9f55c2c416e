/** The arguments of `deno task bench`. */
import { helpText } from "../../lib/cli/help.ts";
import { type Flag, parseFlags, wholeNumberOf } from "../../lib/cli/parse_flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import type { Section } from "./figure.ts";
import type { ListedSection } from "./sections.ts";

export type BenchCommand =
  | { readonly kind: "help"; readonly text: string }
  | {
    readonly kind: "bench";
    readonly sections: readonly Section[];
    readonly json: boolean;
    readonly rounds: number;
    readonly scale: number;
    readonly peers: boolean;
    /** Where the chart goes. */
    readonly svg?: string;
  };

const FLAGS: readonly Flag[] = [
  { name: "json", help: "Print the values of every round as JSON" },
  { name: "rounds", value: "N", help: "Rounds that count, after one that warms up (5)" },
  { name: "only", value: "a,b", help: "Only these sections" },
  { name: "all", help: "Every section, also those that take long" },
  { name: "peers", help: "Measure other queues too; those that are not installed are left out" },
  { name: "scale", value: "X", help: "How much of the work of a full run, over 0 and up to 1 (1)" },
  { name: "svg", value: "FILE", help: "Also draw the main figures into this file" },
];

/**
 * @param listed the sections that there are
 * @throws {UsageError} on anything that is not understood
 */
export function parseBenchArgs(
  args: readonly string[],
  listed: readonly ListedSection[],
): BenchCommand {
  const { positionals, values, on } = parseFlags(args, FLAGS);
  if (on.has("help")) return { kind: "help", text: help(listed) };
  if (positionals[0] !== undefined) {
    throw new UsageError(`Unexpected argument "${positionals[0]}"; see --help`);
  }
  const { rounds = "5", scale = "1", only, svg } = values;
  return {
    kind: "bench",
    sections: chosen(listed, only, on.has("all")),
    json: on.has("json"),
    rounds: wholeNumberOf("rounds", rounds, 1, 1_000),
    scale: scaleOf(scale),
    peers: on.has("peers"),
    ...(svg === undefined ? {} : { svg }),
  };
}

function help(listed: readonly ListedSection[]): string {
  const rows = listed.map(({ section, onRequest }) =>
    [
      section.letter,
      section.title + (onRequest === undefined ? "" : ` (${onRequest}: only when named)`),
    ] as const
  );
  return helpText({
    summary: "Measure the queue beside the bare system calls it needs, and beside other queues.",
    usage: ["bench [flags]"],
    sections: [{ title: "Sections", rows }],
    flags: FLAGS,
  });
}

function chosen(
  listed: readonly ListedSection[],
  only: string | undefined,
  all: boolean,
): readonly Section[] {
  if (only === undefined) {
    return listed.filter(({ onRequest }) => all || onRequest === undefined).map(({ section }) =>
      section
    );
  }
  if (all) throw new UsageError("--only and --all exclude each other; see --help");
  const letters = only.split(",").map((letter) => letter.trim());
  const known = listed.map(({ section }) => section.letter);
  const unknown = letters.find((letter) => !known.includes(letter));
  if (unknown !== undefined) {
    throw new UsageError(
      `--only: no section is called "${unknown}"; there are ${known.join(", ")}`,
    );
  }
  return listed.map(({ section }) => section).filter(({ letter }) => letters.includes(letter));
}

function scaleOf(text: string): number {
  const scale = Number(text);
  if (text.trim() !== "" && scale > 0 && scale <= 1) return scale;
  throw new UsageError(`--scale: expected a number over 0 and at most 1, got "${text}"`);
}
