import type { Config } from "../../config.ts";
import type { Storage } from "../../open_storage.ts";
import type { Terminal } from "../terminal.ts";

/** What the subcommands of `tasks` work with. */
export interface TasksContext extends StandaloneContext {
  readonly storage: Storage;
}

/** The same for one that opens what it works on itself. */
export interface StandaloneContext {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** All of standard input. */
  readonly readStdin: () => Promise<string>;
  /** Which model server `doctor` looks at, and what it expects of the disk. */
  readonly config: Pick<
    Config,
    | "base_dir"
    | "base_url"
    | "api_key"
    | "offline"
    | "main_model"
    | "background_model"
    | "durability"
  >;
}
