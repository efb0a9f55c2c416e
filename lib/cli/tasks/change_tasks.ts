/** What `cancel` and `retry` share: each id is tried, whatever became of the others. */
import type { Refusal } from "../../queue/task_queue.ts";
import type { Task } from "../../task/record.ts";
import { complain } from "../complain.ts";
import { EXIT } from "../exit_code.ts";
import { onTask } from "../find_task.ts";
import { flatTask } from "../flat_task.ts";
import { jsonText } from "../json_text.ts";
import type { TasksContext } from "./tasks_context.ts";

/** What came of one id. */
export interface Change {
  readonly task?: Task;
  /** What could not be done, and why. */
  readonly problem?: string;
}

/** Which ids, and how to tell of them. */
export interface Changing {
  readonly ids: readonly string[];
  readonly json: boolean;
  /** Goes before the id of each that was changed. */
  readonly done: string;
}

/**
 * Changes tasks one after another, says what was done and what was not, and gives the exit code.
 *
 * @param apply gives `undefined` for an unknown id
 */
export async function changeTasks(
  { ids, json, done }: Changing,
  context: TasksContext,
  apply: (id: string) => Promise<Change | undefined>,
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

/** The change that a refusal stands for; `undefined` for an unknown task. */
export function refused(
  refusal: Refusal,
  what: string,
  why: (task: Task) => string,
): Change | undefined {
  if (refusal.reason === "unknown") return undefined;
  const { task } = refusal;
  return { problem: `Cannot ${what} task "${task.record.id}": ${why(task)}` };
}

async function untilInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
