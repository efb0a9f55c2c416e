import { type Flag, HELP } from "./parse_flags.ts";

/** What a help text is made of. */
export interface HelpParts {
  /** One line for each way to call it. */
  readonly usage: readonly string[];
  readonly summary: string;
  /** Names and explanations under a heading of their own. */
  readonly sections?: readonly {
    readonly title: string;
    readonly rows: readonly (readonly [name: string, help: string])[];
  }[];
  readonly flags: readonly Flag[];
}

/** The help text of a command, for standard output. */
export function helpText(parts: HelpParts): string {
  const flags = [...parts.flags, HELP].map((flag) => [flagName(flag), flag.help] as const);
  const sections = [...(parts.sections ?? []), { title: "Flags", rows: flags }];
  return [
    parts.summary,
    "",
    ...parts.usage.map((line, i) => `${i === 0 ? "Usage: " : "       "}${line}`),
    ...sections.flatMap((section) => ["", `${section.title}:`, ...aligned(section.rows)]),
    "",
  ].join("\n");
}

function flagName(flag: Flag): string {
  if (flag.value === undefined) return `--${flag.name}`;
  return flag.optional ? `--${flag.name}[=${flag.value}]` : `--${flag.name} ${flag.value}`;
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`);
}
