/** `tasks add`: hands in a task, and waits for its end where that is asked for. */
import { type Enqueued, InvalidTask } from "../../queue/task_queue.ts";
import type { Task, TaskRequest } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { flatTask } from "../flat_task.ts";
import { jsonText } from "../json_text.ts";
import { endedCode } from "../ended_code.ts";
import { NO_SERVICE } from "../no_service.ts";
import { type Flags, secondsOf } from "../parse_flags.ts";
import { sanitize } from "../sanitize.ts";
import { UsageError } from "../usage_error.ts";
import { withDeadline } from "../with_deadline.ts";
import { subcommand } from "./subcommand.ts";
import { taskRequestOf } from "./task_request.ts";
import type { TasksContext } from "./tasks_context.ts";

interface AddOptions {
  /** The flags that become the record's fields; `prompt` "-" means standard input. */
  readonly values: Readonly<Record<string, string>>;
  /** Without `seconds` it waits as long as it takes. */
  readonly wait: { readonly seconds: number | undefined } | undefined;
}

export const add = subcommand<AddOptions>({
  usage: "add --prompt TEXT [flags]",
  summary: "Hand in a task",
  takes: { what: "nothing" },
  flags: [
    { name: "prompt", value: "TEXT", help: "What is to be done; - reads it from stdin" },
    { name: "conversation", value: "ID", help: "Whom to notify (cli)" },
    { name: "id", value: "ID", help: "Adding one that exists changes nothing" },
    { name: "title", value: "TEXT", help: "A few words for people" },
    { name: "priority", value: "N", help: "-100 to 100, higher first (0)" },
    { name: "created-at", value: "TIME", help: "When it was made, RFC 3339 (now)" },
    { name: "run-at", value: "TIME", help: "Not before this time, RFC 3339" },
    { name: "max-attempts", value: "N", help: "Tries when the model is away (3)" },
    { name: "timeout-seconds", value: "N", help: "Time it may run (600)" },
    { name: "max-steps", value: "N", help: "Model calls it may make (30)" },
    { name: "max-tokens", value: "N", help: "Tokens it may use (no limit)" },
    { name: "tools", value: "A,B", help: 'Only these tools; "" for none (all)' },
    { name: "model", value: "NAME", help: "Another model (BACKGROUND_MODEL)" },
    { name: "metadata", value: "JSON", help: "An object that is kept with it" },
    {
      name: "wait",
      value: "SECONDS",
      optional: true,
      help: "Then wait for its end and print the result",
    },
  ],
  parse: ({ values }) => optionsOf(values),
  run: async ({ values, wait, json }, context) => {
    const { terminal, storage } = context;
    const enqueued = await enqueue(await requestOf(values, context), context);
    const { id, state, created } = enqueued;
    const said = created
      ? `Added task ${id}.\n`
      : `Task ${id} exists already (${state}); nothing was changed.\n`;
    if (!json && wait === undefined) terminal.out(said);
    else if (!json) terminal.err(said);
    const open = state === "pending" || state === "running";
    if (open && (await storage.presence.live()).length === 0) terminal.err(NO_SERVICE + "\n");
    if (wait !== undefined) return await waitFor(enqueued, wait.seconds, json, context);
    if (json) terminal.out(jsonText({ id, state, created }));
    return EXIT.ok;
  },
});

function optionsOf({ wait, ...values }: Flags["values"]): AddOptions {
  // What is wrong in the flags is said before standard input is read.
  taskRequestOf(values["prompt"] === "-" ? { ...values, prompt: "…" } : values);
  return {
    values,
    wait: wait === undefined
      ? undefined
      : { seconds: wait === "" ? undefined : secondsOf("wait", wait) },
  };
}

async function requestOf(
  values: AddOptions["values"],
  { readStdin }: TasksContext,
): Promise<TaskRequest & { id?: string }> {
  if (values["prompt"] !== "-") return taskRequestOf(values);
  const prompt = (await readStdin()).trim();
  if (prompt === "") {
    throw new UsageError("Cannot add the task: --prompt - found no text on standard input");
  }
  return taskRequestOf({ ...values, prompt });
}

async function enqueue(request: TaskRequest & { id?: string }, { storage }: TasksContext) {
  try {
    return await storage.queue.enqueue(request);
  } catch (cause) {
    if (!(cause instanceof InvalidTask)) throw cause;
    throw new UsageError(`Cannot add the task: ${cause.message}`, { cause });
  }
}

async function waitFor(
  { id, created }: Enqueued,
  seconds: number | undefined,
  json: boolean,
  context: TasksContext,
): Promise<number> {
  const { storage: { queue }, terminal, interrupted } = context;
  const ended = await queue.ended(id, withDeadline(interrupted, seconds));
  const task = ended ?? await queue.get(id);
  if (json && task !== undefined) terminal.out(jsonText({ ...flatTask(task), created }));
  if (ended !== undefined) return json ? endedCode([ended]) : sayEnding(ended, context);
  if (interrupted.aborted) return EXIT.interrupted;
  if (task === undefined) return complain(context, `Task "${id}" is gone: somebody pruned it`);
  complain(context, `Waited ${seconds} s, and task "${id}" has not ended; it goes on`);
  return EXIT.timedOut;
}

// The result alone goes to standard output: what reads it wants nothing else.
function sayEnding(task: Task, context: TasksContext): number {
  const { result, error, id } = task.record;
  if (task.state === "completed") context.terminal.out(sanitize(result ?? "").trimEnd() + "\n");
  else complain(context, `Task "${id}" failed (${error?.code}): ${error?.message}`);
  return endedCode([task]);
}
