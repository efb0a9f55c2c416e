/** This conversation's task by what the person typed. */
import type { Storage } from "../../open_storage.ts";
import type { Task } from "../../task/record.ts";
import { sanitizeLine } from "../sanitize.ts";

/** Less than this fits too many tasks by chance. */
const SHORTEST = 4;
/** At most so many tasks of a conversation are looked through. */
const LOOKED_THROUGH = 1_000;

export interface OwnTasks {
  readonly storage: Storage;
  readonly conversation_id: string;
}

/**
 * The task with that id, or the only one of this conversation whose id begins or ends so.
 *
 * @returns a sentence where there is none
 */
export async function ownTask(
  typed: string,
  { storage, conversation_id }: OwnTasks,
): Promise<Task | string> {
  if (typed === "") return "Give the task's id; see /tasks";
  const exact = await storage.queue.get(typed);
  if (exact?.record.conversation_id === conversation_id) return exact;
  // Another conversation's: no id of this one's can be meant.
  const matches = exact === undefined ? await fitting(typed, { storage, conversation_id }) : [];
  if (matches.length === 1) return matches[0]!;
  const id = sanitizeLine(typed);
  return matches.length > 1
    ? `Several tasks begin or end with "${id}"; give more of the id, see /tasks`
    : `This conversation has no task "${id}"; see /tasks`;
}

// Reads every record there is where this conversation has few: only for what is no whole id.
async function fitting(typed: string, { storage, conversation_id }: OwnTasks): Promise<Task[]> {
  if (typed.length < SHORTEST) return [];
  const part = typed.toUpperCase();
  const tasks = await storage.queue.list({ conversation_id, limit: LOOKED_THROUGH });
  return tasks.filter(({ record }) => {
    const id = record.id.toUpperCase();
    return id.startsWith(part) || id.endsWith(part);
  });
}
