/** Which ended tasks a prune would remove, and how much that frees. */
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

export type KeptReason = "too_young" | "newest" | "unread" | "held" | "changed" | "failed";
/** How many stay, and why; reasons that apply to none are left out. */
export type Kept = Partial<Record<KeptReason, number>>;

export interface PrunePlan {
  /** The oldest first. */
  readonly doomed: readonly Doomed[];
  readonly kept: Kept;
}

/** So many are looked at together: a server that is asked one by one takes a round trip for each. */
const TOGETHER = 64;

interface Candidate {
  readonly task: Pick<Doomed, "id" | "state" | "finished_at">;
  readonly ended: number;
  /** Why it stays whatever its place among the others is. */
  readonly reason: KeptReason | undefined;
}

/** Looks only; what is removed is judged again by the queue. */
export async function planPrune(
  rules: PruneRules,
  { storage, now, interrupted }: TasksContext,
): Promise<PrunePlan> {
  const { states, conversation_id, keep = 0 } = rules;
  const filter = { states, ...(conversation_id === undefined ? {} : { conversation_id }) };
  const before = rules.older_than_ms === undefined ? Infinity : now() - rules.older_than_ms;
  const candidates: Candidate[] = [];
  let waiting: Promise<Candidate>[] = [];
  for await (const task of storage.queue.each(filter)) {
    if (interrupted.aborted) break;
    waiting.push(candidateOf(task, before, rules, storage));
    if (waiting.length < TOGETHER) continue;
    candidates.push(...await Promise.all(waiting));
    waiting = [];
  }
  candidates.push(...await Promise.all(waiting));
  // By their end, latest first: that is what --keep counts.
  candidates.sort((a, b) => b.ended - a.ended);
  const kept: Kept = {};
  const going: Candidate["task"][] = [];
  for (const [position, { task, reason }] of candidates.entries()) {
    const stays = position < keep ? "newest" : reason;
    if (stays === undefined) going.push(task);
    else kept[stays] = (kept[stays] ?? 0) + 1;
  }
  going.reverse();
  const sizes = await storage.upkeep.sizesOf(going);
  return { doomed: going.map((task, index) => ({ ...task, bytes: sizes[index] ?? 0 })), kept };
}

async function candidateOf(
  { state, record }: Task,
  before: number,
  rules: PruneRules,
  { notifications }: Storage,
): Promise<Candidate> {
  const { id, finished_at = null, created_at } = record;
  const ended = parseTime(finished_at ?? created_at);
  // One that does not say when it ended has no age.
  const hasAge = finished_at !== null || rules.older_than_ms === undefined;
  const reason = !hasAge || !(ended < before)
    ? "too_young"
    : !rules.unread && await notifications.hasUnread(record)
    ? "unread"
    : undefined;
  return { task: { id, state: state as TerminalState, finished_at }, ended, reason };
}
