/**
 * `@std/cli` from `npm:deno-std`, typed; see lib/std/assert.ts for why.
 * Single files are imported because `cli/mod.js` of that package misses a data file.
 */
import { parseArgs as stdParseArgs } from "deno-std/cli/parse_args.js";

/** The subset of `@std/cli`'s options that this project uses; same names and meaning. */
export interface ParseOptions {
  readonly boolean?: readonly string[];
  readonly string?: readonly string[];
  readonly collect?: readonly string[];
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  readonly default?: Readonly<Record<string, unknown>>;
  readonly stopEarly?: boolean;
  readonly "--"?: boolean;
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parsed arguments: positional ones under `_`, flags under their names. */
export interface ParsedArgs {
  readonly _: (string | number)[];
  readonly [name: string]: unknown;
}

export const parseArgs: (args: readonly string[], options?: ParseOptions) => ParsedArgs =
  stdParseArgs;
