/** The names in the state directories, newest first. */
import { isId, ULID_PATTERN } from "../../task/id.ts";
import { TASK_STATES, type TaskState } from "../../task/record.ts";
import { type Candidate, datedStream, merged, type Stream, ulidStream } from "../newest_first.ts";
import type { TaskFilter } from "../task_queue.ts";
import type { EngineContext } from "./context.ts";
import { stemOf } from "./stem_of.ts";

const ULID_FILE = new RegExp(ULID_PATTERN.source.replace("$", String.raw`\.json$`));

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
    streams.push(ulidStream(state, ulids, filter));
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
  streams.push(datedStream(await dated(context, others)));
  return merged(streams);

  async function noteAgain(): Promise<void> {
    const { ulids, rest } = split(await context.disk.names(context.layout.state("pending")) ?? []);
    streams.unshift(ulidStream("pending", ulids, filter));
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

// Other names say no time: their file's last change has to do.
async function dated(
  { disk, layout }: EngineContext,
  states: ReadonlyMap<string, TaskState>,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const [id, state] of states) {
    const info = await disk.stat(layout.task(state, id));
    candidates.push({ id, state, created: info?.mtime ?? 0 });
  }
  return candidates;
}
