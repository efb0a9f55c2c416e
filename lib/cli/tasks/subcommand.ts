/** What a subcommand of `tasks` is made of. Help texts and completions are made from it too. */
import type { TaskState } from "../../task/record.ts";
import type { Flag, Flags } from "../parse_flags.ts";
import { COMMON_FLAGS, JSON_FLAG } from "./common_flags.ts";
import type { StandaloneContext, TasksContext } from "./tasks_context.ts";

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
export interface Declaration<Options extends object, Context = TasksContext> {
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
  readonly run: (options: Options & Common, context: Context) => Promise<number>;
}

/** What every subcommand is told. */
export interface Common {
  readonly json: boolean;
}

/** A subcommand whose options nobody but itself has to know. */
export interface Subcommand extends Omit<Declaration<object>, "parse" | "run"> {
  /** Those of its own, and those that all have. */
  readonly flags: readonly Flag[];
  readonly prepare: (flags: Flags, common: Common) => Prepared;
}

/** A subcommand with its options, ready to run. */
export type Prepared =
  & { readonly options: object }
  & (
    | { readonly run: (context: TasksContext) => Promise<number> }
    /** It opens what it works on itself. */
    | { readonly runAlone: (context: StandaloneContext) => Promise<number> }
  );

/** Makes a subcommand of its declaration. */
export function subcommand<Options extends object>(
  { parse, run, ...rest }: Declaration<Options>,
): Subcommand {
  return {
    ...rest,
    flags: [...rest.flags, ...COMMON_FLAGS],
    prepare: (flags, { json }) => {
      const options = { ...parse(flags), json };
      return { options, run: (context) => run(options, context) };
    },
  };
}

/** The same for one that opens what it works on itself: `--dir` and QUEUE_URL mean nothing to it. */
export function standalone<Options extends object>(
  { parse, run, ...rest }: Declaration<Options, StandaloneContext>,
): Subcommand {
  return {
    ...rest,
    flags: [...rest.flags, JSON_FLAG],
    prepare: (flags, { json }) => {
      const options = { ...parse(flags), json };
      return { options, runAlone: (context) => run(options, context) };
    },
  };
}
