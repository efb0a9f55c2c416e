/** Lists of tasks, newest first. Only records that are asked for are read. */
import type { Task } from "../../task/record.ts";
import type { Candidate } from "../newest_first.ts";
import type { TaskFilter } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { fits, looksAtText, mayFit } from "../filter_tasks.ts";
import { asTask, findOnce, tryRead } from "./lookup.ts";
import { newestFirst } from "./newest_first.ts";
import { readAt, readIf } from "./record_file.ts";

const decoder = new TextDecoder();
/** Reading takes the event loop for at most so long at a time, in milliseconds. */
const SLICE_MS = 16;

/** Tasks that fit, newest first. */
export async function* eachTask(context: EngineContext, filter: TaskFilter): AsyncGenerator<Task> {
  let sliceEnd = context.elapsed() + SLICE_MS;
  for (const candidate of await newestFirst(context, filter)) {
    if (context.elapsed() > sliceEnd) {
      // A filter that few tasks fit reads many: the program must stay awake meanwhile.
      await context.sleep(0);
      sliceEnd = context.elapsed() + SLICE_MS;
    }
    const task = await read(context, candidate, filter);
    if (task !== undefined && fits(task, filter)) yield task;
  }
}

/** At most so many tasks that fit, newest first. */
export async function listTasks(
  context: EngineContext,
  { limit, ...filter }: TaskFilter & { readonly limit: number },
): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const task of eachTask(context, filter)) {
    tasks.push(task);
    if (tasks.length >= limit) break;
  }
  return tasks;
}

async function read(
  context: EngineContext,
  { id, state }: Candidate,
  filter: TaskFilter,
): Promise<Task | undefined> {
  const reading = looksAtText(state, filter)
    ? readIf(context, state, id, (bytes) => mayFit(id, decoder.decode(bytes), filter))
    : readAt(context, state, id);
  const parsed = await tryRead(context, state, id, reading);
  if (parsed === "skipped") return undefined;
  // It moved on since the directory was read.
  if (parsed === undefined) return await findOnce(context, id);
  return await asTask(context, state, id, parsed);
}
