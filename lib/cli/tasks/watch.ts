/** `tasks watch`: one line a change, as it happens. */
import { type Task, TASK_STATES, type TaskState } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { onTask } from "../find_task.ts";
import { endedCode } from "../ended_code.ts";
import { NO_SERVICE } from "../no_service.ts";
import { FILTER_FLAGS, type Selection, selectionOf } from "./filter_flags.ts";
import { type Common, subcommand } from "./subcommand.ts";
import { type TaskChange, TaskWatch } from "./task_watch.ts";
import type { TasksContext } from "./tasks_context.ts";
import { changeJson, changeLine } from "./watch_lines.ts";

interface WatchOptions {
  readonly ids: readonly string[];
  readonly selection: Selection;
  readonly steps: boolean;
}

export const watch = subcommand<WatchOptions>({
  usage: "watch [ID…] [flags]",
  summary: "Changes as they happen, one a line",
  details: "With ids it ends when these have ended, with the exit codes of wait; else on Ctrl-C.",
  takes: { what: "tasks or none", states: ["pending", "running"] },
  flags: [
    { ...FILTER_FLAGS.state, help: "Only changes to these states, separated by commas" },
    FILTER_FLAGS.conversation,
    { name: "no-steps", help: "States only, not what running tasks do" },
  ],
  parse: (flags) => ({
    ids: flags.positionals,
    selection: selectionOf(flags),
    steps: !flags.on.has("no-steps"),
  }),
  run: watchTasks,
});

async function watchTasks(options: WatchOptions & Common, context: TasksContext): Promise<number> {
  const { storage, terminal, interrupted, now } = context;
  const { selection: { conversation_id } } = options;
  const ids = await resolve(options.ids, context);
  if (options.ids.length > 0 && ids.found.length === 0) return EXIT.failed;
  if ((await storage.presence.live()).length === 0) terminal.err(NO_SERVICE + "\n");
  const ended = new Map<string, Task | undefined>();
  const view = viewOf(options, context);
  const tasks = new TaskWatch({
    queue: storage.queue,
    journals: storage.journals,
    now,
    ...(options.ids.length === 0 ? {} : { ids: ids.found }),
    ...(conversation_id === undefined ? {} : { conversation_id }),
    onChange: (change) => {
      if (change.kind === "gone") ended.set(change.id, undefined);
      else if (isTerminal(change.task.state)) ended.set(change.task.record.id, change.task);
      else ended.delete(change.task.record.id);
      view.show(change);
    },
    onBegun: view.begin,
  });
  const allEnded = () => ids.found.length > 0 && ids.found.every((id) => ended.has(id));
  await tasks.run(interrupted, () => terminal.gone === true || allEnded());
  if (!allEnded()) return EXIT.ok;
  const there = ids.found.flatMap((id) => ended.get(id) ?? []);
  return ids.complete && there.length === ids.found.length ? endedCode(there) : EXIT.failed;
}

// A person who watches everything is told how many wait, not which: there may be thousands.
function viewOf(options: WatchOptions & Common, context: TasksContext) {
  const { terminal } = context;
  const countsPending = !options.json && options.ids.length === 0;
  let begun = false;
  const there = { pending: 0, running: 0 };
  return {
    show(change: TaskChange): void {
      const isPending = change.kind === "state" && change.task.state === "pending";
      if (!begun && change.kind === "state") there[isPending ? "pending" : "running"]++;
      if (!begun && isPending && countsPending) return;
      if (isWanted(change, options)) print(change, options, context);
    },
    begin(): void {
      begun = true;
      if (!countsPending) return;
      terminal.err(
        `Watching; ${there.running} running and ${there.pending} pending. Ctrl-C ends it.\n`,
      );
    },
  };
}

async function resolve(typed: readonly string[], context: TasksContext) {
  const { storage } = context;
  const found: string[] = [];
  for (const each of typed) {
    const task = await onTask(each, storage, (id) => storage.queue.get(id));
    if (task.ok) found.push(task.id);
    else complain(context, task.problem);
  }
  return { found: [...new Set(found)], complete: found.length === typed.length };
}

function isWanted(change: TaskChange, { selection, steps }: WatchOptions): boolean {
  const { states = TASK_STATES } = selection;
  if (change.kind === "step") return steps && states.includes("running");
  return change.kind === "gone" || (states as readonly TaskState[]).includes(change.task.state);
}

function print(change: TaskChange, { json }: Common, { terminal, now }: TasksContext): void {
  if (terminal.gone) return;
  const text = json ? changeJson(change, now()) : changeLine(change, terminal, now());
  if (text !== "") terminal.out(text);
}
