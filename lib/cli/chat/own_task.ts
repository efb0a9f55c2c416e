/** This conversation's task by what the person typed. */
import { ownTasks } from "../../conversation/own_tasks.ts";
import type { Storage } from "../../open_storage.ts";
import type { Task } from "../../task/record.ts";
import { sanitizeLine } from "../sanitize.ts";

/**
 * The task with that id, or the only one of this conversation whose id begins or ends so.
 *
 * @returns a sentence where there is none
 */
export async function ownTask(
  typed: string,
  { storage: { queue }, conversation_id }: {
    readonly storage: Pick<Storage, "queue">;
    readonly conversation_id: string;
  },
): Promise<Task | string> {
  if (typed === "") return "Give the task's id; see /tasks";
  const [task, other] = await ownTasks(typed, { queue, conversation_id });
  const id = sanitizeLine(typed);
  if (task === undefined) return `This conversation has no task "${id}"; see /tasks`;
  if (other === undefined) return task;
  return `Several tasks begin or end with "${id}"; give more of the id, see /tasks`;
}
