import type { Flag } from "../../parse_flags.ts";
import type { Takes } from "../subcommand.ts";

/** What completion scripts are made from: every visible subcommand with all its flags. */
export type CompletionTable = readonly CompletedCommand[];

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly takes: Takes;
}

/** The words that a command takes, where they are known now. */
export function wordsOf({ takes }: CompletedCommand): readonly string[] {
  return takes.what === "a word" ? takes.choices : [];
}

/** The states of the tasks whose ids are offered; `undefined` where it takes none. */
export function idStatesOf({ takes }: CompletedCommand): string | undefined {
  return "states" in takes ? takes.states.join(",") : undefined;
}
