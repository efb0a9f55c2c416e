/** Handing in tasks that do nothing, so many at a time. */
import type { TaskQueue } from "../../lib/queue/task_queue.ts";
import { NOOP_REQUEST } from "./noop_task.ts";

/**
 * Hands in `count` tasks from `width` producers, each of which waits for one before the next.
 *
 * @returns their ids
 */
export async function handIn(queue: TaskQueue, count: number, width: number): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const producer = async () => {
    while (left-- > 0) {
      const { id, created } = await queue.enqueue(NOOP_REQUEST);
      if (!created) throw new Error(`task ${id} was there already`);
      ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: width }, producer));
  return ids;
}
