/** The tools of main's own model: they reach the queue, and only this conversation's tasks. */
import { z } from "zod";
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { Journals } from "../journal/journal.ts";
import type { ToolDeclaration } from "../model/model.ts";
import { InvalidTask, type Refusal, type TaskQueue } from "../queue/task_queue.ts";
import type { Task, TaskState } from "../task/record.ts";
import { formatTime, parseTime } from "../task/time.ts";
import { MAX_LENGTH } from "./excerpts.ts";
import { ownTasks, tasksOf } from "./own_tasks.ts";
import { detailedTask } from "./task_details.ts";
import { briefTask } from "./task_view.ts";
import { NOTIFICATION_TOOL } from "./told_messages.ts";

/** A task that a tool call handed in, or sent back to be done again. */
export interface ScheduledTask {
  readonly id: string;
  readonly title: string;
  readonly state: TaskState;
}

export interface MainToolsOptions {
  readonly queue: TaskQueue;
  readonly artifacts: Artifacts;
  readonly journals: Journals;
  readonly conversation_id: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called with each task that was handed in or sent back. */
  readonly onScheduled?: (task: ScheduledTask) => void;
}

interface Tool {
  readonly description: string;
  readonly parameters: z.ZodType;
  /** @param args parsed by `parameters` */
  run(args: unknown, signal: AbortSignal): Promise<unknown>;
}

function tool<Parameters extends z.ZodType>(
  description: string,
  parameters: Parameters,
  run: (args: z.output<Parameters>, signal: AbortSignal) => Promise<unknown>,
): Tool {
  return { description, parameters, run: run as Tool["run"] };
}

/** A running task gets this long to confirm that it was cancelled, in milliseconds. */
const CANCEL_WAIT_MS = 10_000;

/** More tasks of a conversation are not looked through for a number. */
const MAX_LISTED = 200;

const id = z.string().describe("The task's id, or an end of it that is the only one of its kind");
const taskId = z.strictObject({ id });

const getSchema = z.strictObject({
  id,
  find: z.string().min(1).max(200).optional().describe(
    "Gives the places where these words stand instead of a beginning",
  ),
  offset: z.int().min(0).optional().describe("Goes on from here, as next_offset said"),
  length: z.int().min(1).max(MAX_LENGTH).optional().describe("Characters; 4000 when left out"),
  artifact: z.string().max(100).optional().describe(
    "Name of an artifact of the task to look into instead of its result",
  ),
});

const retrySchema = z.strictObject({
  id,
  fresh: z.boolean().optional().describe(
    "Begin anew instead of going on from the last finished step; a completed task always does",
  ),
});

const scheduleSchema = z.strictObject({
  title: z.string().min(1).max(200).describe("A few words for the person"),
  prompt: z.string().min(1).max(100_000).describe(
    "The whole instruction for the worker, which sees nothing else",
  ),
  run_at: z.iso.datetime({ offset: true }).optional().describe(
    "Not before this time, RFC 3339 with its offset; leave out for now",
  ),
  delay_seconds: z.number().min(0).max(31_536_000).optional().describe(
    "Not before so many seconds from now; instead of run_at",
  ),
  priority: z.int().min(-100).max(100).optional().describe("Higher first; 0 when left out"),
  tools: z.array(z.string()).optional().describe(
    "Names of the only tools the worker may use; leave out for all of them",
  ),
});

const listSchema = z.strictObject({
  states: z.array(z.enum(["pending", "running", "completed", "failed"])).optional(),
  limit: z.int().min(1).max(50).optional().describe("20 when left out; newest first"),
});

export class MainTools {
  readonly #tools: Readonly<Record<string, Tool>>;

  constructor(private readonly options: MainToolsOptions) {
    this.#tools = {
      schedule_background_task: tool(
        "Hands a task to a background worker and returns at once with its id.",
        scheduleSchema,
        (args) => this.#schedule(args),
      ),
      list_background_tasks: tool(
        "The tasks of this conversation, newest first, each with its state, a one-line summary of " +
          "what came of it, and its number, counted from the conversation's first.",
        listSchema,
        (args) => this.#list(args),
      ),
      get_background_task: tool(
        "One task of this conversation: its state, what it is doing just now, and the beginning of " +
          "its result, or its error. A long result is given in parts: look into it with find, or " +
          "go on with offset.",
        getSchema,
        (args) => this.#get(args),
      ),
      cancel_background_task: tool(
        "Cancels a task of this conversation that has not ended.",
        taskId,
        (args, signal) => this.#cancel(args, signal),
      ),
      retry_background_task: tool(
        "Has a task of this conversation done again that has ended: failed, cancelled, or completed.",
        retrySchema,
        (args) => this.#retry(args),
      ),
      [NOTIFICATION_TOOL]: tool(
        "Called by the program itself when tasks have ended. You need not call it.",
        z.strictObject({}),
        () => Promise.resolve({ notifications: [], note: "Nothing new." }),
      ),
    };
  }

  /** The tools as the model is told of them. */
  declarations(): ToolDeclaration[] {
    return Object.entries(this.#tools).map(([name, { description, parameters }]) => {
      const { $schema: _, ...schema } = z.toJSONSchema(parameters) as Record<string, unknown>;
      return { name, description, parameters: schema };
    });
  }

  /** Runs one call. The answer is always JSON text for the model; what goes wrong is one too. */
  async call(name: string, argumentsText: string, signal: AbortSignal): Promise<string> {
    const tool = Object.hasOwn(this.#tools, name) ? this.#tools[name] : undefined;
    if (tool === undefined) {
      return failure(
        `There is no tool "${name}"; there are ${Object.keys(this.#tools).join(", ")}`,
      );
    }
    const args = parseArguments(argumentsText, tool.parameters);
    if (!args.ok) return failure(`${name}: ${args.message}`);
    try {
      return JSON.stringify(await tool.run(args.value, signal));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const kind = error instanceof InvalidTask ? "" : `${name} failed: `;
      return failure(kind + error.message);
    }
  }

  async #schedule(args: z.infer<typeof scheduleSchema>): Promise<unknown> {
    const { title, prompt, run_at, delay_seconds, priority, tools } = args;
    if (run_at !== undefined && delay_seconds !== undefined) {
      return { error: "Give run_at or delay_seconds, not both." };
    }
    const due = run_at !== undefined
      ? parseTime(run_at)
      : delay_seconds && this.options.now() + delay_seconds * 1000;
    const { id, state } = await this.options.queue.enqueue({
      conversation_id: this.options.conversation_id,
      title,
      prompt,
      ...(due ? { run_at: formatTime(due) } : {}),
      ...(priority === undefined ? {} : { priority }),
      ...(tools === undefined ? {} : { tools }),
    });
    this.options.onScheduled?.({ id, title, state });
    return {
      id,
      title,
      state,
      ...(due ? { run_at: formatTime(due) } : {}),
      note: `Scheduled. ${NOTIFIED}`,
    };
  }

  async #list({ states, limit = 20 }: z.infer<typeof listSchema>): Promise<unknown> {
    const all = await this.#all();
    // Where there may be more, nobody knows which one was the first.
    const isNumbered = all.length < MAX_LISTED;
    const tasks = all
      .map((task, index) => ({ task, number: all.length - index }))
      .filter(({ task }) => states?.includes(task.state) ?? true);
    return {
      tasks: tasks.slice(0, limit).map(({ task, number }) => ({
        ...(isNumbered ? { number } : {}),
        ...briefTask(task),
      })),
      ...(tasks.length > limit ? { older_not_listed: tasks.length - limit } : {}),
    };
  }

  async #get({ id, ...wanted }: z.infer<typeof getSchema>): Promise<unknown> {
    const task = await this.#own(id);
    return task === undefined ? unknownTask(id) : detailedTask(this.options, task, wanted);
  }

  async #cancel({ id }: z.infer<typeof taskId>, signal: AbortSignal): Promise<unknown> {
    const own = await this.#own(id);
    if (own === undefined) return unknownTask(id);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(CANCEL_WAIT_MS)]);
    try {
      const answer = await this.options.queue.cancel(own.record.id, patience);
      return answer.ok ? cancelled(answer.task) : notCancelled(id, answer);
    } catch (error) {
      if (!patience.aborted) throw error;
      return { id: own.record.id, note: "Asked to stop, but it has not ended yet." };
    }
  }

  async #retry({ id, fresh }: z.infer<typeof retrySchema>): Promise<unknown> {
    const own = await this.#own(id);
    if (own === undefined) return unknownTask(id);
    const anew = fresh === true || own.state === "completed";
    const answer = await this.options.queue.retry(own.record.id, { fresh: anew });
    if (!answer.ok) return notRetried(id, answer);
    const { state, record: { id: whole, title } } = answer.task;
    this.options.onScheduled?.({ id: whole, title, state });
    const begins = anew ? "It begins anew." : "It goes on from its last finished step.";
    return { id: whole, title, state, note: `Sent back. ${begins} ${NOTIFIED}` };
  }

  // Another conversation's task is answered like one that does not exist.
  async #own(id: string): Promise<Task | undefined> {
    // People name a task by the end of its id, as the program shows it, and models repeat that.
    const [task, other] = await ownTasks(id, this.options);
    return other === undefined ? task : undefined;
  }

  #all(): Promise<Task[]> {
    const { queue, conversation_id } = this.options;
    return queue.list({ ...tasksOf(conversation_id), limit: MAX_LISTED });
  }
}

const NOTIFIED = "The person is notified when it ends; do not wait for it.";

function parseArguments(
  text: string,
  schema: z.ZodType,
): { ok: true; value: unknown } | { ok: false; message: string } {
  let value: unknown;
  try {
    value = JSON.parse(text.trim() || "{}");
  } catch {
    return { ok: false, message: "the arguments are not JSON" };
  }
  const parsed = schema.safeParse(dropNulls(value));
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue?.path.length ? `"${issue.path.join(".")}": ` : "";
  return { ok: false, message: where + (issue?.message ?? "wrong arguments") };
}

// Many models write null for what they leave out.
function dropNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function cancelled(task: Task) {
  if (task.record.error?.code === "cancelled") return { id: task.record.id, cancelled: true };
  return { ...briefTask(task), note: "It ended before it could be cancelled." };
}

function notCancelled(id: string, refusal: Refusal) {
  if (refusal.reason === "unknown") return unknownTask(id);
  return { ...briefTask(refusal.task), note: "It has ended already, so nothing was cancelled." };
}

function notRetried(id: string, refusal: Refusal) {
  if (refusal.reason === "unknown") return unknownTask(id);
  const { task } = refusal;
  const note = task.record.error?.code === "invalid_task"
    ? "What was handed in was no valid task, so it cannot be done again; schedule a new one."
    : "It has not ended yet, so there is nothing to do again.";
  return { ...briefTask(task), note };
}

function unknownTask(id: string) {
  return { error: `This conversation has no task "${id}".` };
}

function failure(message: string): string {
  return JSON.stringify({ error: message });
}
