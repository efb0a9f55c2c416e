/**
 * Ids of tasks, newest first. Most of them are never asked for, so they are neither sorted nor turned
 * into anything before.
 */
import { timeOfId, ULID_LENGTH, ulidBound } from "../task/id.ts";
import type { TaskState } from "../task/record.ts";
import { LazySort } from "./lazy_sort.ts";
import type { TaskFilter } from "./task_queue.ts";

/** A task that was seen in a state. */
export interface Candidate {
  readonly id: string;
  readonly state: TaskState;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

/** Gives one candidate after the other, newest first. */
export type Stream = () => Candidate | undefined;

/**
 * Tasks whose ids are ULIDs: those sort by their time as they are.
 *
 * @param names ids, with whatever comes after them: cut pieces of texts compare several times slower
 */
export function ulidStream(state: TaskState, names: string[], filter: TaskFilter): Stream {
  const sorted = new LazySort(within(names, filter), (a, b) => a > b);
  return () => {
    const id = sorted.next()?.slice(0, ULID_LENGTH);
    return id === undefined ? undefined : { id, state, created: timeOfId(id) ?? 0 };
  };
}

function within(names: string[], { created_from, created_before }: TaskFilter): string[] {
  if (created_from === undefined && created_before === undefined) return names;
  const from = created_from === undefined ? "" : ulidBound(created_from);
  const before = created_before === undefined ? "~" : ulidBound(created_before);
  return names.filter((name) => name >= from && name < before);
}

/** Tasks whose ids say no time. */
export function datedStream(candidates: Candidate[]): Stream {
  const sorted = new LazySort(candidates, isNewer);
  return () => sorted.next();
}

function isNewer(a: Candidate, b: Candidate): boolean {
  return a.created === b.created ? a.id > b.id : a.created > b.created;
}

/** Several streams as one; of an id that is in more than one of them, the last stream's counts. */
export function* merged(streams: readonly Stream[]): Generator<Candidate> {
  const heads = streams.map((next) => next());
  for (let last = "";;) {
    let newest = -1;
    for (const [i, head] of heads.entries()) {
      if (head === undefined) continue;
      const best = heads[newest];
      if (best === undefined || !isNewer(best, head)) newest = i;
    }
    const head = heads[newest];
    if (head === undefined) return;
    heads[newest] = streams[newest]?.();
    if (head.id !== last) yield head;
    last = head.id;
  }
}
