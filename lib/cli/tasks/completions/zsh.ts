import type { Flag } from "../../parse_flags.ts";
import { type CompletedCommand, type CompletionTable, idStatesOf } from "./table.ts";

/** A script for zsh; it loads the completion system where nobody has yet. */
export function zshCompletion(name: string, table: CompletionTable): string {
  const fn = `_${name.replaceAll("-", "_")}`;
  return `#compdef ${name}
# Completion of ${name} for zsh. Load it with: eval "$(${name} completions zsh)"
${fn}_ids() {
  local -a ids dir
  local i=\${words[(I)--dir]}
  (( i > 0 )) && dir=(--dir "\${words[i+1]}")
  ids=(\${(f)"$(${name} ids $dir --state "$1" -- "$PREFIX" 2>/dev/null)"})
  # -U: an id's end fits too.
  (( $#ids )) && compadd -U -V tasks -a ids
}
${fn}() {
  local curcontext="$curcontext" state
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
${table.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join("\n")}
    )
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${table.map((command) => commandCase(command, fn)).join("\n")}
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D; }
compdef ${fn} ${name}
`;
}

function commandCase(command: CompletedCommand, fn: string): string {
  const specs = [...command.flags.map(flagSpec), ...positionals(command, fn)];
  const lines = specs.map((spec) => `        ${quoted(spec)}`).join(" \\\n");
  return `    ${command.name})\n      _arguments \\\n${lines}\n      ;;`;
}

function flagSpec({ name, value, optional, choices, help }: Flag): string {
  const text = help.replace(/[[\]:\\]/g, (c) => `\\${c}`);
  if (value === undefined) return `--${name}[${text}]`;
  const action = name === "dir"
    ? "_files -/"
    : choices === undefined
    ? ""
    : `(${choices.join(" ")})`;
  // "=-" takes the value in the same word only, as an optional one must be given.
  return `--${name}${optional ? "=-" : "="}[${text}]:${optional ? ":" : ""}${value}:${action}`;
}

function positionals({ takes, ...command }: CompletedCommand, fn: string): string[] {
  if (takes.what === "nothing") return [];
  if (takes.what === "a word") return [`1:${takes.name}:(${takes.choices.join(" ")})`];
  // With a space before it the action gets its own arguments and no others.
  const action = ` ${fn}_ids ${idStatesOf({ ...command, takes })}`;
  return [takes.what === "a task" ? `1:ID:${action}` : `*:ID:${action}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
