/** `tasks ids`: for completion scripts. Whole ids that what was typed begins or ends. */
import { idBegins, idFits } from "../../task/id.ts";
import { TASK_STATES, type TaskState } from "../../task/record.ts";
import { EXIT } from "../exit_code.ts";
import { FILTER_FLAGS, statesOf } from "./filter_flags.ts";
import { subcommand } from "./subcommand.ts";

/** More are no help at a prompt. */
const OFFERED = 100;

export const ids = subcommand<{ readonly typed: string; readonly states: readonly TaskState[] }>({
  usage: "ids [BEGINNING]",
  summary: "Ids of tasks, newest first, one a line",
  hidden: true,
  takes: { what: "tasks or none", states: TASK_STATES },
  flags: [FILTER_FLAGS.state],
  parse: ({ positionals, values: { state } }) => ({
    typed: positionals[0] ?? "",
    states: state === undefined ? TASK_STATES : statesOf(state),
  }),
  run: async ({ typed, states }, { storage, terminal }) => {
    const all = await storage.queue.ids(states);
    const begun = all.filter((id) => idBegins(id, typed));
    // A shell puts the only candidate in place of what was typed, so an id's end does too.
    const fitting = begun.length > 0 ? begun : onlyOne(all.filter((id) => idFits(id, typed)));
    const newest = fitting.sort((a, b) => a < b ? 1 : -1).slice(0, OFFERED);
    terminal.out(newest.map((id) => `${id}\n`).join(""));
    return EXIT.ok;
  },
});

function onlyOne<T>(found: T[]): T[] {
  return found.length === 1 ? found : [];
}
