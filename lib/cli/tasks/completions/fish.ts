import type { Flag } from "../../parse_flags.ts";
import { type CompletedCommand, type CompletionTable, idStatesOf, wordsOf } from "./table.ts";

/** A script for fish 3 and newer. */
export function fishCompletion(name: string, table: CompletionTable): string {
  const fn = `__${name.replaceAll("-", "_")}_ids`;
  const first = `complete -c ${name} -n 'test (count (commandline -opc)) -eq 1' -f`;
  return `# Completion of ${name} for fish. Load it with: ${name} completions fish | source
function ${fn}
  set -l words (commandline -opc)
  set -l dir
  if set -l i (contains -i -- --dir $words)
    set dir --dir $words[(math $i + 1)]
  end
  ${name} ids $dir --state $argv[1] -- (commandline -ct) 2>/dev/null
end
complete -c ${name} -f
${table.map(({ name, summary }) => `${first} -a ${name} -d ${quoted(summary)}`).join("\n")}
${table.flatMap((command) => commandLines(name, command, fn)).join("\n")}
`;
}

function commandLines(name: string, command: CompletedCommand, fn: string): string[] {
  const behind = `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}'`;
  const words = wordsOf(command).join(" ");
  const states = idStatesOf(command);
  return [
    ...command.flags.map((flag) => `${behind} ${flagWords(flag)}`),
    ...(words === "" ? [] : [`${behind} -f -a ${quoted(words)}`]),
    ...(states === undefined ? [] : [`${behind} -f -k -a ${quoted(`(${fn} ${states})`)}`]),
  ];
}

function flagWords({ name, value, optional, choices, help }: Flag): string {
  const takes = value === undefined || optional
    ? ""
    : name === "dir"
    ? " -x -a '(__fish_complete_directories)'"
    : choices === undefined
    ? " -x"
    : ` -x -a ${quoted(choices.join(" "))}`;
  return `-l ${name}${takes} -d ${quoted(help)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
