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

/**
 * Compares what was said with what lies there: every task that was handed in ran once, then lies in
 * completed/ with one notification, or was pruned with it.
 *
 * @param persistent_dir the tree, with nothing at work in it any more
 * @throws {Error} that says what is lost, doubled or left over
 */
export function assertAllAccounted(persistent_dir: string, claims: Claims): void {
  const { enqueued, ran, pruned = [] } = claims;
  const there = (directory: string, ending: string) =>
    [...Deno.readDirSync(`${persistent_dir}/${directory}`)]
      .filter(({ name }) => name.endsWith(ending))
      .map(({ name }) => name.slice(0, name.length - ending.length));
  const completed = there("tasks/completed", ".json");
  const kept = difference(enqueued, pruned);
  const faults = [
    ...told("handed in twice", doubled(enqueued)),
    ...told("run twice", doubled(ran)),
    ...told("pruned twice", doubled(pruned)),
    ...told("never run", difference(enqueued, ran)),
    ...told("run, but handed in by nobody", difference(ran, enqueued)),
    ...told("lost", difference(kept, completed)),
    ...told("pruned, and still there or there by nobody's doing", difference(completed, kept)),
    ...TASK_STATES.filter((state) => state !== "completed")
      .flatMap((state) => told(`left in ${state}/`, there(`tasks/${state}`, ".json"))),
    ...notificationFaults(kept, there(`notifications/${NOOP_REQUEST.conversation_id}`, ".json")),
    ...["control/prune", "journal", "rejected", "tmp"]
      .flatMap((directory) => told(`left in ${directory}/`, there(directory, ""))),
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
