/** The operator's command. Results go to standard output, what went wrong to standard error. */
import { InvalidTask, type Refusal } from "../queue/task_queue.ts";
import type { Task } from "../task/record.ts";
import { complain } from "./complain.ts";
import { diagnose } from "./doctor.ts";
import { EXIT } from "./exit_code.ts";
import { onTask } from "./find_task.ts";
import { journalOf } from "./journal_of.ts";
import { flatTask } from "./flat_task.ts";
import { jsonText } from "./json_text.ts";
import { NO_SERVICE } from "./open_conversation.ts";
import type { TasksAction, TasksCommand } from "./parse_tasks_args.ts";
import { renderTable, renderTask } from "./render_task.ts";
import type { TasksContext } from "./tasks_context.ts";
import { UsageError } from "./usage_error.ts";
import { waitForTasks } from "./wait_for_tasks.ts";
import { whyNotRetried } from "./why_not_retried.ts";

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
      return waitForTasks(command, context);
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
  if (command.json) terminal.out(jsonText(tasks.map(flatTask)));
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
      ? jsonText({ ...flatTask(task), journal })
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
  const open = state === "pending" || state === "running";
  const { presence } = context.storage;
  if (open && (await presence.live()).length === 0) terminal.err(NO_SERVICE + "\n");
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
  if (json) terminal.out(jsonText(tasks.map(flatTask)));
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
