import { sleep } from "../../sleep.ts";
import type { Doomed, Kept, KeptReason, PruneRules } from "./prune_plan.ts";
import type { TasksContext } from "./tasks_context.ts";

/**
 * ext4 does not use an inode again within a minute of its removal and passes over all of them when
 * it makes a file: after thousands of removals each enqueue costs 15 to 20 times as much. So a few
 * go at once and more of them slowly.
 */
const AT_ONCE = 200;
/** Milliseconds between two removals after those. */
const PAUSE_MS = 10;
/** After so many it says how far it is. */
const TOLD_EVERY = 1_000;

/** What became of a prune that was really done. */
export interface PruneOutcome {
  readonly pruned: readonly Doomed[];
  /** What stayed although it was to go. */
  readonly kept: Kept;
  readonly problems: readonly string[];
}

/** Removes one task after another, the oldest first, until all are gone or somebody interrupts. */
export async function pruneSlowly(
  doomed: readonly Doomed[],
  { older_than_ms, unread }: PruneRules,
  { storage, terminal, interrupted, now }: TasksContext,
): Promise<PruneOutcome> {
  const pruned: Doomed[] = [];
  const kept: Kept = {};
  const problems: string[] = [];
  const keep = (reason: KeptReason) => kept[reason] = (kept[reason] ?? 0) + 1;
  for (const [done, task] of doomed.entries()) {
    if (done >= AT_ONCE) await sleep(PAUSE_MS, interrupted);
    if (interrupted.aborted) break;
    if (done > 0 && done % TOLD_EVERY === 0) {
      terminal.err(`${done} of ${doomed.length} are done; Ctrl-C stops here\n`);
    }
    try {
      // The test of the age is made again under the task's lock.
      const ended_before = older_than_ms === undefined
        ? {}
        : { ended_before: now() - older_than_ms };
      const answer = await storage.queue.prune(task.id, { ...ended_before, unread });
      if (answer.ok) pruned.push(task);
      else if (answer.reason === "wrong_state") keep("changed");
      // Unknown: somebody else has just removed it.
      else if (answer.reason !== "unknown") keep(answer.reason);
    } catch (error) {
      keep("failed");
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { pruned, kept, problems };
}
