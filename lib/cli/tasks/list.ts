/** `tasks list`: tasks as a table, or in JSON. */
import type { Storage } from "../../open_storage.ts";
import { type Activity, activityOf } from "../../task/activity.ts";
import type { Task } from "../../task/record.ts";
import { EXIT } from "../exit_code.ts";
import { flatTask } from "../flat_task.ts";
import { journalOf } from "../journal_of.ts";
import { jsonText } from "../json_text.ts";
import { wholeNumberOf } from "../parse_flags.ts";
import { renderTable } from "../task_table.ts";
import { UsageError } from "../usage_error.ts";
import { FILTER_FLAGS, filterOf, type Selection, selectionOf } from "./filter_flags.ts";
import { firstTasks, SORT_KEYS, type SortKey } from "./first_tasks.ts";
import { subcommand } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

interface ListOptions {
  readonly selection: Selection;
  readonly sort: SortKey;
  readonly reverse: boolean;
  readonly limit: number;
  readonly ids: boolean;
}

export const list = subcommand<ListOptions>({
  usage: "list [flags]",
  summary: "Tasks, newest first",
  takes: { what: "nothing" },
  flags: [
    FILTER_FLAGS.state,
    FILTER_FLAGS.error,
    FILTER_FLAGS.conversation,
    FILTER_FLAGS.text,
    FILTER_FLAGS.since,
    FILTER_FLAGS.until,
    {
      name: "sort",
      value: "KEY",
      choices: SORT_KEYS,
      help: `One of ${SORT_KEYS.join(", ")} (created)`,
    },
    { name: "reverse", help: "The other way round" },
    { name: "limit", value: "N", help: "At most so many (50)" },
    { name: "ids", help: "Only the ids, one a line: for xargs" },
  ],
  parse: (flags) => ({
    selection: selectionOf(flags),
    sort: sortKeyOf(flags.values["sort"]),
    reverse: flags.on.has("reverse"),
    limit: wholeNumberOf("limit", flags.values["limit"] ?? "50", 1, 1_000_000),
    ids: flags.on.has("ids"),
  }),
  run: async (options, context) => {
    const { storage, terminal, interrupted, now } = context;
    const filter = filterOf(options.selection, now());
    const { limit } = options;
    const wanted = { ...options, limit: limit + 1 };
    const found = await firstTasks(storage.queue, filter, wanted, interrupted);
    if (interrupted.aborted) return EXIT.interrupted;
    const tasks = found.slice(0, limit);
    if (options.json) terminal.out(jsonText(tasks.map(flatTask)));
    else if (options.ids) terminal.out(tasks.map(({ record }) => `${record.id}\n`).join(""));
    else await print(tasks, context);
    if (found.length > limit && !options.json) {
      terminal.err(`There are more than these ${limit}; --limit N shows more.\n`);
    }
    return EXIT.ok;
  },
});

async function print(tasks: readonly Task[], { storage, terminal, now }: TasksContext) {
  if (tasks.length === 0) return terminal.err("There are no such tasks.\n");
  terminal.out(renderTable(tasks, terminal, now(), await activitiesOf(tasks, storage)));
}

async function activitiesOf(
  tasks: readonly Task[],
  { journals }: Pick<Storage, "journals">,
): Promise<ReadonlyMap<string, Activity>> {
  const activities = new Map<string, Activity>();
  for (const task of tasks) {
    if (task.state !== "running") continue;
    activities.set(task.record.id, activityOf(await journalOf(task, journals)));
  }
  return activities;
}

function sortKeyOf(text = "created"): SortKey {
  const key = SORT_KEYS.find((known) => known === text);
  if (key !== undefined) return key;
  throw new UsageError(`--sort: expected ${SORT_KEYS.join(", ")}, got "${text}"`);
}
