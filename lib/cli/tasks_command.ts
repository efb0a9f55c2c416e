/** The operator's command. Results go to standard output, what went wrong to standard error. */
import { InvalidTask, type Refusal } from "../queue/task_queue.ts";
import type { Task, TaskState } from "../task/record.ts";
import { diagnose } from "./doctor.ts";
import { EXIT } from "./exit_code.ts";
import { type Found, onTask } from "./find_task.ts";
import { journalOf } from "./journal_of.ts";
import { jsonText } from "./json_text.ts";
import { endedCode } from "./one_turn.ts";
import { NO_SERVICE } from "./open_conversation.ts";
import type { TasksAction, TasksCommand } from "./parse_tasks_args.ts";
import { renderEnding, renderTable, renderTask } from "./render_task.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { TasksContext } from "./tasks_context.ts";
import { UsageError } from "./usage_error.ts";
import { whyNotRetried } from "./why_not_retried.ts";
import { withDeadline } from "./with_deadline.ts";

type Command = Exclude<TasksCommand, { kind: "help" }>;
type Action<Name extends TasksAction["action"]> = Extract<Command, { action: Name }>;

/** Runs one subcommand and gives the program's exit code. */
export async function runTasks(command: Command, context: TasksContext): Promise<number> {
  const code = await run(command, context);
  return context.interrupted.aborted ? EXIT.interrupted : code;
}

function run(command: Command, context: TasksContext): Promise<number> {
  switch (command.action) {
    case "list":
      return list(command, context);
    case "show":
      return show(command, context);
    case "add":
      return add(command, context);
    case "cancel":
      return cancel(command, context);
    case "retry":
      return retry(command, context);
    case "wait":
      return wait(command, context);
    case "doctor":
      return diagnose(command.json, context);
  }
}

async function list(command: Action<"list">, context: TasksContext): Promise<number> {
  const { states, conversation, limit } = command;
  const tasks = await context.storage.queue.list({
    limit,
    ...(states === undefined ? {} : { states }),
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
  });
  const { terminal } = context;
  if (command.json) terminal.out(jsonText(tasks.map(flat)));
  else if (tasks.length > 0) terminal.out(renderTable(tasks, terminal, context.now()));
  else terminal.err("There are no such tasks.\n");
  return EXIT.ok;
}

async function show({ id, json }: Action<"show">, context: TasksContext): Promise<number> {
  const { storage, terminal } = context;
  const found = await onTask(id, storage, (id) => storage.queue.get(id));
  if (!found.ok) return complain(context, found.problem);
  const task = found.value;
  const journal = await journalOf(task, storage.journals);
  terminal.out(
    json
      ? jsonText({ ...flat(task), journal })
      : renderTask(task, journal, terminal, context.now()),
  );
  return EXIT.ok;
}

async function add({ request, json }: Action<"add">, context: TasksContext): Promise<number> {
  const { id, state, created } = await enqueue(request, context);
  const { terminal } = context;
  if (json) terminal.out(jsonText({ id, state, created }));
  else if (created) terminal.out(`Added task ${id}.\n`);
  else terminal.out(`Task ${id} exists already (${state}); nothing was changed.\n`);
  if (isOpen(state)) await hintAtService(context);
  return EXIT.ok;
}

async function enqueue(request: Action<"add">["request"], { storage }: TasksContext) {
  try {
    return await storage.queue.enqueue(request);
  } catch (cause) {
    if (!(cause instanceof InvalidTask)) throw cause;
    throw new UsageError(`Cannot add the task: ${cause.message}`, { cause });
  }
}

async function cancel({ ids, json }: Action<"cancel">, context: TasksContext): Promise<number> {
  const { queue } = context.storage;
  return await change(ids, json, context, async (id) => {
    const answer = await queue.cancel(id, context.interrupted);
    if (!answer.ok) return refused(answer, "cancel", cancelRefusal);
    if (answer.task.record.error?.code === "cancelled") return { task: answer.task };
    const why = `Cannot cancel task "${id}": it ended first (${answer.task.state})`;
    return { task: answer.task, problem: why };
  }, "Cancelled");
}

async function retry(command: Action<"retry">, context: TasksContext): Promise<number> {
  const { ids, json, fresh } = command;
  return await change(ids, json, context, async (id) => {
    const answer = await context.storage.queue.retry(id, { fresh });
    if (answer.ok) return { task: answer.task };
    return refused(answer, "retry", (task) => whyNotRetried(task, fresh));
  }, "Sent back to pending:");
}

interface Change {
  readonly task?: Task;
  readonly problem?: string;
}

// Every id is tried, whatever became of the others.
async function change(
  ids: readonly string[],
  json: boolean,
  context: TasksContext,
  apply: (id: string) => Promise<Change | undefined>,
  done: string,
): Promise<number> {
  const { terminal } = context;
  const tasks: Task[] = [];
  let code: number = EXIT.ok;
  for (const typed of ids) {
    const work = onTask(typed, context.storage, apply);
    const found = await untilInterrupted(work, context.interrupted);
    if (found === undefined) break;
    const { task, problem } = found.ok ? found.value : { problem: found.problem };
    if (task !== undefined) tasks.push(task);
    if (problem !== undefined) code = complain(context, problem);
    else if (!json && task !== undefined) terminal.out(`${done} ${task.record.id}\n`);
  }
  if (json) terminal.out(jsonText(tasks.map(flat)));
  return code;
}

async function untilInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function wait(command: Action<"wait">, context: TasksContext): Promise<number> {
  const { ids, json, timeout_seconds } = command;
  const { interrupted, terminal } = context;
  const signal = withDeadline(interrupted, timeout_seconds);
  await hintWhereNobodyWorks(ids, context);
  const results = await Promise.all(ids.map((id) => awaited(id, signal, context)));
  const tasks = results.flatMap((found) => found.ok ? [found.value] : []);
  const open = tasks.filter(({ state }) => isOpen(state));
  if (json) terminal.out(jsonText(tasks.map(flat)));
  else printAwaited(tasks, context);
  if (open.length > 0) return timedOut(context, open, timeout_seconds);
  for (const found of results) if (!found.ok) complain(context, found.problem);
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
    if (!isOpen(task.state)) terminal.out("\n" + renderEnding(task, terminal));
  }
}

function isOpen(state: TaskState): boolean {
  return state === "pending" || state === "running";
}

async function hintWhereNobodyWorks(ids: readonly string[], context: TasksContext) {
  const { presence, queue } = context.storage;
  if ((await presence.live()).length > 0) return;
  for (const typed of ids) {
    const found = await onTask(typed, context.storage, (id) => queue.get(id));
    if (found.ok && isOpen(found.value.state)) return context.terminal.err(NO_SERVICE + "\n");
  }
}

async function hintAtService({ storage, terminal }: TasksContext): Promise<void> {
  if ((await storage.presence.live()).length === 0) terminal.err(NO_SERVICE + "\n");
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

/** `undefined` for an unknown task. */
function refused(
  refusal: Refusal,
  what: string,
  why: (task: Task) => string,
): Change | undefined {
  if (refusal.reason === "unknown") return undefined;
  const { task } = refusal;
  return { problem: `Cannot ${what} task "${task.record.id}": ${why(task)}` };
}

function cancelRefusal({ state }: Task): string {
  return `it is ${state}; it has ended already`;
}

function complain({ terminal }: TasksContext, message: string): number {
  terminal.err(`error: ${sanitizeLine(message)}\n`);
  return EXIT.failed;
}

/** A task in JSON: its record plus its state. What a finish stages means nothing once it is over. */
function flat({ state, record: { staged, ...record } }: Task): Record<string, unknown> {
  return { ...record, ...(state === "running" && staged ? { staged } : {}), state };
}
