/** `tasks completions`: scripts for shells, made from the table of subcommands. */
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import { UsageError } from "../usage_error.ts";
import { bashCompletion } from "./completions/bash.ts";
import { fishCompletion } from "./completions/fish.ts";
import { zshCompletion } from "./completions/zsh.ts";
import type { CompletionTable } from "./completions/table.ts";
import { type Subcommand, subcommand } from "./subcommand.ts";

const SHELLS: Readonly<Record<string, (name: string, table: CompletionTable) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

interface CompletionOptions {
  readonly shell: string;
  readonly name: string;
}

/** @param subcommands gives the table, which holds this subcommand itself */
export function completionsOf(subcommands: () => Readonly<Record<string, Subcommand>>): Subcommand {
  return subcommand<CompletionOptions>({
    usage: "completions bash|zsh|fish [--name NAME]",
    summary: "A completion script for your shell",
    details: "Define a function first, then load the script; in bash or zsh:\n" +
      '  tasks() { deno task -q --cwd /path/to/project tasks "$@"; }\n' +
      '  eval "$(tasks completions bash)"',
    takes: { what: "a word", name: "SHELL", choices: Object.keys(SHELLS) },
    flags: [{ name: "name", value: "NAME", help: "What you call the command (tasks)" }],
    parse: ({ positionals, values }) => ({
      shell: positionals[0]!,
      name: nameOf(values["name"] ?? "tasks"),
    }),
    run: async ({ shell, name, json }, { terminal }) => {
      const script = SHELLS[shell]!(name, tableOf(subcommands()));
      terminal.out(json ? jsonText({ shell, name, script }) : script);
      return await Promise.resolve(EXIT.ok);
    },
  });
}

function nameOf(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return name;
  throw new UsageError(
    `--name: expected a command's name of letters, digits, _ and -, got "${name}"`,
  );
}

function tableOf(subcommands: Readonly<Record<string, Subcommand>>): CompletionTable {
  return Object.entries(subcommands)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { summary, flags, takes }]) => ({
      name,
      summary,
      flags: [...flags, { name: "help", help: "Show this help and exit" }],
      takes,
    }));
}
