/**
 * The names in the state directories, newest first. Most of them are never asked for, so they are
 * neither sorted nor turned into anything but their names.
 */
import { isId, timeOfId, ULID_PATTERN, ulidBound } from "../../task/id.ts";
import { TASK_STATES, type TaskState } from "../../task/record.ts";
import type { TaskFilter } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { LazySort } from "./lazy_sort.ts";
import { stemOf } from "./stem_of.ts";

const ULID_FILE = new RegExp(ULID_PATTERN.source.replace("$", String.raw`\.json$`));

/** A task that was seen in a state. */
export interface Candidate {
  readonly id: string;
  readonly state: TaskState;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

type Stream = () => Candidate | undefined;

/** Candidates for a filter, each id once: in the last state in which it was seen. */
export async function newestFirst(
  context: EngineContext,
  filter: TaskFilter,
): Promise<Iterable<Candidate>> {
  const { states = TASK_STATES } = filter;
  const streams: Stream[] = [];
  const others = new Map<string, TaskState>();
  const note = async (state: TaskState) => {
    const { ulids, rest } = split(await context.disk.names(context.layout.state(state)) ?? []);
    streams.push(streamOf(state, within(ulids, filter)));
    for (const id of rest) others.set(id, state);
  };
  // A task that moves forward meanwhile is seen twice; the later state is the true one. What is
  // in running/ may be staged, and then counts as where it is going. One that moved back would be
  // missed: pending/ is read once more, before what counts over it.
  if (states.includes("pending")) await note("pending");
  const later = TASK_STATES.slice(1).filter((state) =>
    states.includes(state) || state === "running"
  );
  for (const state of later) await note(state);
  if (states.includes("pending")) await noteAgain();
  streams.push(await datedStream(context, others));
  return merged(streams);

  async function noteAgain(): Promise<void> {
    const { ulids, rest } = split(await context.disk.names(context.layout.state("pending")) ?? []);
    streams.unshift(streamOf("pending", within(ulids, filter)));
    for (const id of rest) if (!others.has(id)) others.set(id, "pending");
  }
}

// File names stay as they are: cut pieces of them compare several times slower.
function split(names: readonly string[]): { ulids: string[]; rest: string[] } {
  const ulids: string[] = [];
  const rest: string[] = [];
  for (const name of names) {
    if (ULID_FILE.test(name)) ulids.push(name);
    else {
      const id = stemOf(name);
      if (isId(id)) rest.push(id);
    }
  }
  return { ulids, rest };
}

function within(names: string[], { created_from, created_before }: TaskFilter): string[] {
  if (created_from === undefined && created_before === undefined) return names;
  const from = created_from === undefined ? "" : ulidBound(created_from);
  const before = created_before === undefined ? "~" : ulidBound(created_before);
  return names.filter((name) => name >= from && name < before);
}

// ULIDs sort by their time as they are.
function streamOf(state: TaskState, names: string[]): Stream {
  const sorted = new LazySort(names, (a, b) => a > b);
  return () => {
    const id = stemOf(sorted.next() ?? "");
    return id === undefined ? undefined : { id, state, created: timeOfId(id) ?? 0 };
  };
}

// Other names say no time: their file's last change has to do.
async function datedStream(
  { disk, layout }: EngineContext,
  states: ReadonlyMap<string, TaskState>,
): Promise<Stream> {
  const dated: Candidate[] = [];
  for (const [id, state] of states) {
    const info = await disk.stat(layout.task(state, id));
    dated.push({ id, state, created: info?.mtime ?? 0 });
  }
  const sorted = new LazySort(dated, isNewer);
  return () => sorted.next();
}

function isNewer(a: Candidate, b: Candidate): boolean {
  return a.created === b.created ? a.id > b.id : a.created > b.created;
}

/** Several streams as one; of an id that is in more than one of them, the last stream's counts. */
function* merged(streams: readonly Stream[]): Generator<Candidate> {
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
