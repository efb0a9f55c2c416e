/** Tasks by what people type: the whole id, or enough of its beginning or end. */
import type { Storage } from "../open_storage.ts";
import { isId } from "../task/id.ts";
import { TASK_STATES, type TaskState } from "../task/record.ts";

/** Less than this fits too many tasks by chance. */
const SHORTEST = 4;
/** At most so many matches are named. */
const NAMED = 10;

export type Found<T> =
  | { readonly ok: true; readonly id: string; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/**
 * Does something with the task that was meant. A whole id costs nothing beyond `act` itself; only
 * where `act` knows no such task are the names in the state directories read, and no record.
 *
 * @param typed the whole id, or at least four characters that one task's id begins or ends with
 * @param act gives `undefined` where the id is unknown; then nothing was done
 */
export async function onTask<T>(
  typed: string,
  storage: Pick<Storage, "disk" | "layout">,
  act: (id: string) => Promise<T | undefined>,
): Promise<Found<T>> {
  const exact = await act(typed);
  if (exact !== undefined) return { ok: true, id: typed, value: exact };
  const matches = await matchingIds(typed, storage);
  if (matches.length > 1) return { ok: false, problem: ambiguous(typed, matches) };
  const [id] = matches;
  const value = id === undefined ? undefined : await act(id);
  if (id === undefined || value === undefined) return { ok: false, problem: unknown(typed) };
  return { ok: true, id, value };
}

/** The ids in some states, in no order: names only, no record is read. */
export async function idsIn(
  states: readonly TaskState[],
  { disk, layout }: Pick<Storage, "disk" | "layout">,
): Promise<string[]> {
  const ids = new Set<string>();
  for (const state of states) {
    for (const { name } of await disk.list(layout.state(state)) ?? []) {
      if (!name.endsWith(".json") || name.startsWith(".")) continue;
      const id = name.slice(0, -".json".length);
      if (isId(id)) ids.add(id);
    }
  }
  return [...ids];
}

async function matchingIds(
  typed: string,
  storage: Pick<Storage, "disk" | "layout">,
): Promise<string[]> {
  if (typed.length < SHORTEST) return [];
  const part = typed.toUpperCase();
  const ids = await idsIn(TASK_STATES, storage);
  return ids.filter((id) => {
    const upper = id.toUpperCase();
    return upper.startsWith(part) || upper.endsWith(part);
  }).sort();
}

function unknown(typed: string): string {
  if (typed.length >= SHORTEST) return `There is no task "${typed}"; see tasks list`;
  return `There is no task "${typed}"; a part of an id needs ${SHORTEST} characters at least, ` +
    "see tasks list";
}

function ambiguous(typed: string, matches: readonly string[]): string {
  const named = matches.slice(0, NAMED).join(", ");
  const rest = matches.length > NAMED ? ` and ${matches.length - NAMED} more` : "";
  return `"${typed}" fits ${matches.length} tasks, give more of the id: ${named}${rest}`;
}
