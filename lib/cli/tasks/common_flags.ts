import type { Flag } from "../parse_flags.ts";

/** What every subcommand of `tasks` takes. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "dir", value: "DIR", help: "Directory of tasks (PERSISTENT_DIR, ./persistent)" },
  { name: "json", help: "Print JSON" },
];
