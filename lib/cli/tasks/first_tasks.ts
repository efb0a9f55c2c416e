/** The first tasks in some order, out of however many. */
import type { TaskFilter, TaskQueue } from "../../queue/task_queue.ts";
import { type Task, TASK_STATES } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";

/** What tasks can be sorted by. */
export const SORT_KEYS = ["created", "finished", "duration", "priority", "state", "title"] as const;
export type SortKey = typeof SORT_KEYS[number];

export interface Order {
  readonly sort: SortKey;
  readonly reverse: boolean;
  readonly limit: number;
}

/**
 * At most `limit` tasks: newest, latest, longest or most urgent first; states in the order in which
 * tasks pass them, titles by the alphabet. What has no such value (an end, a duration) comes last
 * either way, and among equals the newest is first. Never more than twice the limit is held.
 *
 * @param signal ends it early; then these are the first of those that were read
 */
export async function firstTasks(
  queue: Pick<TaskQueue, "each" | "list">,
  filter: TaskFilter,
  { sort, reverse, limit }: Order,
  signal?: AbortSignal,
): Promise<Task[]> {
  // The queue's own order: it need not read what is not shown.
  if (sort === "created" && !reverse) return await queue.list({ ...filter, limit });
  const compare = comparing(VALUES[sort], reverse);
  let kept: Ranked[] = [];
  let position = 0;
  for await (const task of queue.each(filter)) {
    if (signal?.aborted) break;
    kept.push({ task, position: reverse && sort === "created" ? -position : position });
    position++;
    if (kept.length >= limit * 2) kept = kept.sort(compare).slice(0, limit);
  }
  return kept.sort(compare).slice(0, limit).map(({ task }) => task);
}

interface Ranked {
  readonly task: Task;
  /** Where it came in the queue's own order. */
  readonly position: number;
}

type Value = number | string | undefined;

const VALUES: Record<SortKey, (task: Task) => Value> = {
  // All the same: the queue's own order decides.
  created: () => 0,
  finished: ({ record }) => {
    return record.finished_at === undefined ? undefined : -parseTime(record.finished_at);
  },
  duration: ({ record }) => record.duration_ms === undefined ? undefined : -record.duration_ms,
  priority: ({ record }) => -record.priority,
  state: ({ state }) => TASK_STATES.indexOf(state),
  title: ({ record }) => record.title.toLowerCase(),
};

function comparing(valueOf: (task: Task) => Value, reverse: boolean) {
  return (a: Ranked, b: Ranked): number => {
    const [left, right] = [valueOf(a.task), valueOf(b.task)];
    if (left === right) return a.position - b.position;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return (left < right ? -1 : 1) * (reverse ? -1 : 1);
  };
}
