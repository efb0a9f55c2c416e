/** The subcommands of `tasks`, in the order in which its help names them. */
import { add } from "./add.ts";
import { cancel } from "./cancel.ts";
import { completionsOf } from "./completions.ts";
import { doctor } from "./doctor.ts";
import { ids } from "./ids.ts";
import { list } from "./list.ts";
import { move } from "./move.ts";
import { prune } from "./prune.ts";
import { retry } from "./retry.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";
import type { Subcommand } from "./subcommand.ts";
import { wait } from "./wait.ts";
import { watch } from "./watch.ts";

export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  list,
  show,
  add,
  cancel,
  retry,
  wait,
  watch,
  stats,
  prune,
  move,
  doctor,
  completions: completionsOf(() => SUBCOMMANDS),
  ids,
};
