import type { Storage } from "../open_storage.ts";
import type { Terminal } from "./terminal.ts";

/** What the subcommands of `tasks` work with. */
export interface TasksContext {
  readonly storage: Storage;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
