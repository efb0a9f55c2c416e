import type { Flag } from "../parse_flags.ts";

export const JSON_FLAG: Flag = { name: "json", help: "Print JSON" };

/** What every subcommand of `tasks` takes that works on one place of tasks. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: "dir", value: "DIR", help: "Directory of tasks (PERSISTENT_DIR, ./persistent)" },
  JSON_FLAG,
];
