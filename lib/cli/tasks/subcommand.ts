/** What a subcommand of `tasks` is made of. Help texts and completions are made from it too. */
import type { TaskState } from "../../task/record.ts";
import type { Flag, Flags } from "../parse_flags.ts";
import type { TasksContext } from "./tasks_context.ts";

/** What follows a subcommand's name besides flags. */
export type Takes =
  | { readonly what: "nothing" }
  /** Ids of tasks; `states` are those that completion offers. */
  | {
    readonly what: "a task" | "tasks" | "tasks or none";
    readonly states: readonly TaskState[];
  }
  | { readonly what: "a word"; readonly name: string; readonly choices: readonly string[] };

/** One subcommand as its file declares it. */
export interface Declaration<Options extends object> {
  /** Behind `tasks`. */
  readonly usage: string;
  readonly summary: string;
  /** More that its help says, in whole lines. */
  readonly details?: string;
  readonly flags: readonly Flag[];
  readonly takes: Takes;
  /** Made for programs: neither help nor completions name it. */
  readonly hidden?: true;
  /** @throws {UsageError} on a value that is wrong */
  readonly parse: (flags: Flags) => Options;
  /** Does it, and gives the program's exit code. */
  readonly run: (options: Options & Common, context: TasksContext) => Promise<number>;
}

/** What every subcommand is told. */
export interface Common {
  readonly json: boolean;
}

/** A subcommand whose options nobody but itself has to know. */
export interface Subcommand extends Omit<Declaration<object>, "parse" | "run"> {
  readonly prepare: (flags: Flags, common: Common) => Prepared;
}

/** A subcommand with its options, ready to run. */
export interface Prepared {
  readonly options: object;
  readonly run: (context: TasksContext) => Promise<number>;
}

/** Makes a subcommand of its declaration. */
export function subcommand<Options extends object>(
  { parse, run, ...rest }: Declaration<Options>,
): Subcommand {
  return {
    ...rest,
    prepare: (flags, { json }) => {
      const options = { ...parse(flags), json };
      return { options, run: (context) => run(options, context) };
    },
  };
}
