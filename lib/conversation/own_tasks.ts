/** A conversation's tasks among all of them, without reading the others' records where that goes. */
import type { TaskFilter, TaskQueue } from "../queue/task_queue.ts";
import { idFits, SHORTEST_PART, timeOfId } from "../task/id.ts";
import type { Task } from "../task/record.ts";

/** A clock that is set back by less hides no task, milliseconds. */
const CLOCK_MARGIN_MS = 600_000;

/**
 * Which tasks a conversation's lists are of. A chat gives the conversation that it begins an id that
 * says when that was, and before then nobody could name it: what was made earlier is another's. A
 * conversation whose id says no time may have tasks of any age, handed in before its first chat.
 */
export function tasksOf(
  conversation_id: string,
): Pick<TaskFilter, "conversation_id" | "created_from"> {
  const begun = timeOfId(conversation_id);
  if (begun === undefined) return { conversation_id };
  return { conversation_id, created_from: begun - CLOCK_MARGIN_MS };
}

/**
 * The conversation's tasks that can be meant by a whole id or by four characters at least that one
 * begins or ends with; of more than one only two. Another conversation's task is as good as none.
 */
export async function ownTasks(
  typed: string,
  { queue, conversation_id }: {
    readonly queue: Pick<TaskQueue, "get" | "ids">;
    readonly conversation_id: string;
  },
): Promise<Task[]> {
  const isOwn = (task: Task | undefined) => task?.record.conversation_id === conversation_id;
  const exact = await queue.get(typed);
  if (exact !== undefined) return isOwn(exact) ? [exact] : [];
  if (typed.length < SHORTEST_PART) return [];
  const own: Task[] = [];
  // The newest first: those are named most.
  const fitting = (await queue.ids()).filter((id) => idFits(id, typed)).sort().reverse();
  for (const id of fitting) {
    const task = await queue.get(id);
    if (task !== undefined && isOwn(task)) own.push(task);
    if (own.length > 1) break;
  }
  return own;
}
