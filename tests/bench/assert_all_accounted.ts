/** What a figure is worth nothing without: every task was done, once. */
import { TASK_STATES } from "../../lib/task/record.ts";
import { NOOP_REQUEST } from "./noop_task.ts";

/** What the processes say that they did: ids, in any order. */
export interface Claims {
  readonly enqueued: readonly string[];
  readonly ran: readonly string[];
  /** Absent where nobody prunes. */
  readonly pruned?: readonly string[];
}

/** So many are named; the rest is counted. */
const NAMED = 5;

/** What is there in the end, with nothing at work any more. */
export interface Found {
  /** Ids of completed tasks. */
  readonly completed: readonly string[];
  /** Ids of unread notifications. */
  readonly notifications: readonly string[];
  /** What must be empty. */
  readonly left: readonly (readonly [where: string, names: readonly string[]])[];
}

/**
 * Compares what was said with what lies in a tree.
 *
 * @param persistent_dir the tree, with nothing at work in it any more
 * @throws {Error} that says what is lost, doubled or left over
 */
export function assertAllAccounted(persistent_dir: string, claims: Claims): void {
  const there = (directory: string, ending: string) =>
    [...Deno.readDirSync(`${persistent_dir}/${directory}`)]
      .filter(({ name }) => name.endsWith(ending))
      .map(({ name }) => name.slice(0, name.length - ending.length));
  assertAccounted(claims, {
    completed: there("tasks/completed", ".json"),
    notifications: there(`notifications/${NOOP_REQUEST.conversation_id}`, ".json"),
    left: [
      ...TASK_STATES.filter((state) => state !== "completed")
        .map((state) => [`${state}/`, there(`tasks/${state}`, ".json")] as const),
      ...["control/prune", "journal", "rejected", "tmp"]
        .map((directory) => [`${directory}/`, there(directory, "")] as const),
    ],
  });
}

/**
 * Compares what was said with what is there: every task that was handed in ran once, and is completed
 * with one notification, or was pruned with it.
 *
 * @throws {Error} that says what is lost, doubled or left over
 */
export function assertAccounted(claims: Claims, found: Found): void {
  const { enqueued, ran, pruned = [] } = claims;
  const { completed } = found;
  const kept = difference(enqueued, pruned);
  const faults = [
    ...told("handed in twice", doubled(enqueued)),
    ...told("run twice", doubled(ran)),
    ...told("pruned twice", doubled(pruned)),
    ...told("never run", difference(enqueued, ran)),
    ...told("run, but handed in by nobody", difference(ran, enqueued)),
    ...told("lost", difference(kept, completed)),
    ...told("pruned, and still there or there by nobody's doing", difference(completed, kept)),
    ...notificationFaults(kept, found.notifications),
    ...found.left.flatMap(([where, names]) => told(`left in ${where}`, names)),
  ];
  if (faults.length > 0) throw new Error(`not every task is accounted for: ${faults.join("; ")}`);
}

function notificationFaults(kept: readonly string[], names: readonly string[]): string[] {
  const expected = kept.map((id) => `${id}-completed`);
  return [
    ...told("without a notification", difference(expected, names)),
    ...told("a notification too many", difference(names, expected)),
  ];
}

function told(what: string, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  const rest = ids.length > NAMED ? " …" : "";
  return [`${ids.length} ${what}: ${ids.slice(0, NAMED).join(" ")}${rest}`];
}

function difference(all: readonly string[], without: readonly string[]): string[] {
  const gone = new Set(without);
  return all.filter((id) => !gone.has(id));
}

function doubled(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}
