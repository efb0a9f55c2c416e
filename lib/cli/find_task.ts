/** Tasks by what people type: the whole id, or enough of its beginning or end. */
import type { Storage } from "../open_storage.ts";
import { idFits, SHORTEST_PART } from "../task/id.ts";

/** At most so many matches are named. */
const NAMED = 10;

export type Found<T> =
  | { readonly ok: true; readonly id: string; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/**
 * Does something with the task that was meant. A whole id costs nothing beyond `act` itself; only
 * where `act` knows no such task are the names of all tasks looked through, and no record.
 *
 * @param typed the whole id, or at least four characters that one task's id begins or ends with
 * @param act gives `undefined` where the id is unknown; then nothing was done
 */
export async function onTask<T>(
  typed: string,
  storage: Pick<Storage, "queue">,
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

async function matchingIds(typed: string, { queue }: Pick<Storage, "queue">): Promise<string[]> {
  if (typed.length < SHORTEST_PART) return [];
  return (await queue.ids()).filter((id) => idFits(id, typed)).sort();
}

function unknown(typed: string): string {
  if (typed.length >= SHORTEST_PART) return `There is no task "${typed}"; see tasks list`;
  return `There is no task "${typed}"; a part of an id needs ${SHORTEST_PART} characters at least, ` +
    "see tasks list";
}

function ambiguous(typed: string, matches: readonly string[]): string {
  const named = matches.slice(0, NAMED).join(", ");
  const rest = matches.length > NAMED ? ` and ${matches.length - NAMED} more` : "";
  return `"${typed}" fits ${matches.length} tasks, give more of the id: ${named}${rest}`;
}
