/** `tasks move`: takes all tasks, with all that belongs to them, to another place. */
import { type MoveOutcome, moveTasks } from "../../move/move_tasks.ts";
import { openTaskStore } from "../../move/open_task_store.ts";
import type { TaskStore } from "../../move/task_store.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { jsonText } from "../json_text.ts";
import type { Flags } from "../parse_flags.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage_error.ts";
import { type Common, standalone } from "./subcommand.ts";
import type { StandaloneContext } from "./tasks_context.ts";

interface Places {
  readonly from: string;
  readonly to: string;
}

/** How often it says how far it is, in milliseconds. */
const TOLD_EVERY_MS = 2_000;
/** So many that stay are named; the others are counted. */
const NAMED = 20;

export const move = standalone<Places>({
  usage: "move --from PLACE --to PLACE",
  summary: "Move all tasks to another place: a directory, or a Redis server",
  details:
    "A place is a directory of tasks or redis://…, as in QUEUE_URL. Stop every service of both\n" +
    "places first. A move that was cut short is gone on with by the same command.",
  takes: { what: "nothing" },
  flags: [
    { name: "from", value: "PLACE", help: "Where the tasks are now" },
    { name: "to", value: "PLACE", help: "Where they are to be" },
  ],
  parse: placesOf,
  run: async ({ from, to, json }, context) => {
    const open: TaskStore[] = [];
    try {
      const source = await opened("from", from, context);
      open.push(source);
      const target = await opened("to", to, context);
      open.push(target);
      return await moveAll(source, target, { json }, context);
    } finally {
      for (const store of open) await store.close();
    }
  },
});

function placesOf({ values: { from, to } }: Flags): Places {
  if (from === undefined || to === undefined) {
    throw new UsageError(
      "Say where the tasks are and where they are to be: tasks move --from ./persistent --to " +
        "redis://host:6379; see --help",
    );
  }
  return { from, to };
}

function opened(flag: "from" | "to", text: string, { config }: StandaloneContext) {
  const { base_dir, durability } = config;
  return openTaskStore(text, { flag: `--${flag}`, base_dir, durability, make: flag === "to" });
}

async function moveAll(
  source: TaskStore,
  target: TaskStore,
  { json }: Common,
  context: StandaloneContext,
): Promise<number> {
  const { terminal, interrupted } = context;
  if (source.place === target.place) {
    throw new UsageError(`--from and --to are both "${source.place}"; name two places`);
  }
  const outcome = await moveTasks(source, target, { interrupted, onProgress: teller(terminal) });
  terminal.out(json ? jsonText(outcome) : summaryOf(outcome, source, target));
  const { left } = outcome;
  for (const { id, reason } of json ? [] : left.slice(0, NAMED)) {
    complain(context, `task "${id}" stays in ${source.place}: ${reason}`);
  }
  if (!json && left.length > NAMED) {
    complain(context, `${count(left.length - NAMED)} more stay; --json names all of them`);
  }
  return left.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Says now and then how far it is, where somebody looks on. */
function teller(terminal: Terminal): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    if (!terminal.watched || performance.now() - last < TOLD_EVERY_MS) return;
    last = performance.now();
    const far = `${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    terminal.err(`${far} are done; Ctrl-C stops here\n`);
  };
}

function summaryOf(outcome: MoveOutcome, { place: from }: TaskStore, { place: to }: TaskStore) {
  const { moved, already_there, left } = outcome;
  if (moved + already_there + left.length === 0) return `There are no tasks in ${from}.\n`;
  const there = already_there === 0
    ? ""
    : `${count(already_there)} ${already_there === 1 ? "was" : "were"} there already.\n`;
  return `Moved ${count(moved)} from ${from} to ${to}.\n${there}`;
}

function count(tasks: number): string {
  return tasks === 1 ? "1 task" : `${tasks.toLocaleString("en")} tasks`;
}
