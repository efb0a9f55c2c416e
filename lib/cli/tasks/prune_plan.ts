/** Which ended tasks a prune would remove, and how much that frees. */
import { join } from "@std/path";
import type { Storage } from "../../open_storage.ts";
import type { Task, TerminalState } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import type { TasksContext } from "./tasks_context.ts";

export interface PruneRules {
  readonly states: readonly TerminalState[];
  readonly conversation_id?: string;
  /** Only those that ended longer ago, milliseconds. */
  readonly older_than_ms?: number;
  /** So many stay: those that ended last. */
  readonly keep?: number;
  /** Also those with a notification that was never shown. */
  readonly unread: boolean;
}

/** A task that goes, or went. */
export interface Doomed {
  readonly id: string;
  readonly state: TerminalState;
  /** null where the record does not say. */
  readonly finished_at: string | null;
  /** Of record, journal and artifacts. */
  readonly bytes: number;
}

export type KeptReason = "too_young" | "newest" | "unread" | "held" | "changed" | "unreadable";
/** How many stay, and why; reasons that apply to none are left out. */
export type Kept = Partial<Record<KeptReason, number>>;

export interface PrunePlan {
  /** The oldest first. */
  readonly doomed: readonly Doomed[];
  readonly kept: Kept;
}

interface Candidate {
  readonly task: Pick<Doomed, "id" | "state" | "finished_at">;
  readonly ended: number;
  readonly unread: boolean;
}

/** Looks only; what is removed is judged again by the queue. */
export async function planPrune(
  rules: PruneRules,
  { storage, now, interrupted }: TasksContext,
): Promise<PrunePlan> {
  const { states, conversation_id } = rules;
  const filter = { states, ...(conversation_id === undefined ? {} : { conversation_id }) };
  const candidates: Candidate[] = [];
  for await (const task of storage.queue.each(filter)) {
    if (interrupted.aborted) break;
    candidates.push(await candidateOf(task, storage));
  }
  // By their end, latest first: that is what --keep counts.
  candidates.sort((a, b) => b.ended - a.ended);
  const kept: Kept = {};
  const doomed: Doomed[] = [];
  const before = rules.older_than_ms === undefined ? Infinity : now() - rules.older_than_ms;
  for (const [position, candidate] of candidates.entries()) {
    const reason = whyKept(candidate, position, before, rules);
    if (reason !== undefined) kept[reason] = (kept[reason] ?? 0) + 1;
    else doomed.push({ ...candidate.task, bytes: await bytesOf(candidate.task, storage) });
  }
  return { doomed: doomed.reverse(), kept };
}

async function candidateOf(
  { state, record }: Task,
  { notifications }: Storage,
): Promise<Candidate> {
  const { id, finished_at = null, created_at } = record;
  return {
    task: { id, state: state as TerminalState, finished_at },
    ended: parseTime(finished_at ?? created_at),
    unread: await notifications.hasUnread(record),
  };
}

function whyKept(
  { ended, unread, task }: Candidate,
  position: number,
  before: number,
  { keep = 0, unread: unreadToo, older_than_ms }: PruneRules,
): KeptReason | undefined {
  if (position < keep) return "newest";
  // One that does not say when it ended has no age.
  const hasAge = task.finished_at !== null || older_than_ms === undefined;
  if (!hasAge || !(ended < before)) return "too_young";
  return unread && !unreadToo ? "unread" : undefined;
}

async function bytesOf(
  { id, state }: Pick<Doomed, "id" | "state">,
  { disk, layout }: Storage,
): Promise<number> {
  const artifacts = join(layout.artifacts, id);
  const names = await disk.list(artifacts) ?? [];
  const paths = [
    layout.task(state, id),
    join(layout.journal, `${id}.jsonl`),
    ...names.map(({ name }) => join(artifacts, name)),
  ];
  let bytes = 0;
  for (const path of paths) bytes += (await disk.stat(path))?.size ?? 0;
  return bytes;
}
