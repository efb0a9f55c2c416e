import { type CompletedCommand, type CompletionTable, idStatesOf, wordsOf } from "./table.ts";

/** A script for bash 3.2 and newer. */
export function bashCompletion(name: string, table: CompletionTable): string {
  const fn = `_${name.replaceAll("-", "_")}_completion`;
  return `# Completion of ${name} for bash. Load it with: eval "$(${name} completions bash)"
${fn}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="" flag words="" states="" i dir=()
  COMPREPLY=()
  if [ "$COMP_CWORD" -le 1 ]; then
    COMPREPLY=( $(compgen -W "${table.map((command) => command.name).join(" ")} --help" -- "$cur") )
    return
  fi
  # bash splits at "=": --state=pe is three words.
  flag="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$cur" = "=" ]; then cur=""
  elif [ "$flag" = "=" ]; then flag="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for (( i = 2; i < COMP_CWORD; i++ )); do
    case "\${COMP_WORDS[i]}" in
      --dir) if [ "\${COMP_WORDS[i+1]}" = "=" ]; then dir=(--dir "\${COMP_WORDS[i+2]}"); else dir=(--dir "\${COMP_WORDS[i+1]}"); fi ;;
    esac
  done
  case "\${COMP_WORDS[1]} $flag" in
    *" --dir") COMPREPLY=( $(compgen -d -- "$cur") ); return ;;
${table.flatMap(valueCases).join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${table.map(commandCase).join("\n")}
    *) return ;;
  esac
  case "$cur" in
    -*) COMPREPLY=( $(compgen -W "$words" -- "$cur") ); return ;;
  esac
  if [ -n "$states" ]; then
    # An id's end fits too, so the program says what fits.
    COMPREPLY=( $(${name} ids "\${dir[@]}" --state "$states" -- "$cur" 2>/dev/null) )
  else
    COMPREPLY=( $(compgen -W "$words" -- "$cur") )
  fi
}
complete -F ${fn} ${name}
`;
}

// Behind a flag with a value no other flag and no id is offered.
function valueCases({ name, flags }: CompletedCommand): string[] {
  return flags
    .filter((flag) => flag.value !== undefined && !flag.optional && flag.name !== "dir")
    .map((flag) => {
      const words = flag.choices === undefined
        ? "return"
        : `COMPREPLY=( $(compgen -W "${flag.choices.join(" ")}" -- "$cur") ); return`;
      return `    "${name} --${flag.name}") ${words} ;;`;
    });
}

function commandCase(command: CompletedCommand): string {
  const flags = command.flags.map((flag) => `--${flag.name}`);
  const words = [...wordsOf(command), ...flags].join(" ");
  const states = idStatesOf(command);
  return `    ${command.name}) words="${words}"${
    states === undefined ? "" : `; states="${states}"`
  } ;;`;
}
