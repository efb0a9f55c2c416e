/** `tasks wait`: until tasks have ended, and then what came of them. */
import type { Task } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { type Found, onTask } from "../find_task.ts";
import { flatTask } from "../flat_task.ts";
import { jsonText } from "../json_text.ts";
import { endedCode } from "../ended_code.ts";
import { NO_SERVICE } from "../no_service.ts";
import { secondsOf } from "../parse_flags.ts";
import { renderEnding } from "../render_task.ts";
import { renderTable } from "../task_table.ts";
import { withDeadline } from "../with_deadline.ts";
import { type Common, subcommand } from "./subcommand.ts";
import type { TasksContext } from "./tasks_context.ts";

interface WaitOptions {
  readonly ids: readonly string[];
  readonly timeout_seconds: number | undefined;
}

export const wait = subcommand<WaitOptions>({
  usage: "wait ID… [--timeout SECONDS]",
  summary: "Wait until tasks have ended; prints what came of them",
  takes: { what: "tasks", states: ["pending", "running"] },
  flags: [{ name: "timeout", value: "SECONDS", help: "Give up after so long (never)" }],
  parse: ({ positionals, values: { timeout } }) => ({
    ids: positionals,
    timeout_seconds: timeout === undefined ? undefined : secondsOf("timeout", timeout),
  }),
  run: waitForTasks,
});

async function waitForTasks(options: WaitOptions & Common, context: TasksContext): Promise<number> {
  const { ids, json, timeout_seconds } = options;
  const { interrupted, terminal } = context;
  const signal = withDeadline(interrupted, timeout_seconds);
  await hintWhereNobodyWorks(ids, context);
  const results = await Promise.all(ids.map((id) => awaited(id, signal, context)));
  const tasks = results.flatMap((found) => found.ok ? [found.value] : []);
  const open = tasks.filter(isOpen);
  if (json) terminal.out(jsonText(tasks.map(flatTask)));
  else printAwaited(tasks, context);
  for (const found of results) if (!found.ok) complain(context, found.problem);
  if (open.length > 0) return timedOut(context, open, timeout_seconds);
  return tasks.length < ids.length ? EXIT.failed : endedCode(tasks);
}

function awaited(
  typed: string,
  signal: AbortSignal,
  { storage }: TasksContext,
): Promise<Found<Task>> {
  const { queue } = storage;
  return onTask(typed, storage, async (id) => {
    return await queue.ended(id, signal) ?? (signal.aborted ? await queue.get(id) : undefined);
  });
}

function printAwaited(tasks: readonly Task[], { terminal, now }: TasksContext): void {
  if (tasks.length === 0) return;
  terminal.out(renderTable(tasks, terminal, now()));
  for (const task of tasks) {
    if (!isOpen(task)) terminal.out("\n" + renderEnding(task, terminal));
  }
}

// Nobody waits in the dark; looking costs something only where no service is there.
async function hintWhereNobodyWorks(ids: readonly string[], context: TasksContext) {
  const { presence, queue } = context.storage;
  if ((await presence.live()).length > 0) return;
  for (const typed of ids) {
    const found = await onTask(typed, context.storage, (id) => queue.get(id));
    if (found.ok && isOpen(found.value)) return context.terminal.err(NO_SERVICE + "\n");
  }
}

function timedOut(
  context: TasksContext,
  open: readonly Task[],
  seconds: number | undefined,
): number {
  if (!context.interrupted.aborted) {
    const ids = open.map(({ record }) => record.id).join(", ");
    complain(context, `Waited ${seconds} s, and these tasks have not ended: ${ids}`);
  }
  return EXIT.timedOut;
}

function isOpen({ state }: Pick<Task, "state">): boolean {
  return state === "pending" || state === "running";
}
