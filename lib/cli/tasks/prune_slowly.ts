/**
 * How fast ended tasks go. What is weighed is what it costs others: the kernel of an ext4 *without a
 * journal* (small virtual machines; `ls /proc/fs/jbd2` names the disks that have one) avoids inodes
 * that were freed within a minute, or six while their block is unwritten. It looks at all of them
 * below the one that it takes whenever it makes a file, in the first group of 8,192 that has any
 * free. Microseconds for one create (Linux 6.18, 2 cores, a fresh file system each):
 *
 * | inodes freed 2 s before | 0  | 100 | 300 | 1,000 | 3,000 | 8,000 | 60,000 |
 * | ----------------------- | -- | --- | --- | ----- | ----- | ----- | ------ |
 * | ext4 without a journal  | 17 | 29  | 58  | 141   | 402   | 1,055 | 1,026  |
 * | ext4 with a journal     | 18 |     |     | 13    |       | 11    | 11     |
 *
 * In which directory they were makes no difference. A file that is made takes one of them, so what
 * counts is how many were freed and not taken again yet. 1,500 files made and removed a second:
 *
 * | removed                        | kept   | mean of a create after a minute |
 * | ------------------------------ | ------ | ------------------------------- |
 * | one by one as they come of age | 15,000 | 60–100 µs                       |
 * | one by one as they come of age | 45,000 | 60–180 µs                       |
 * | all that are due, every 10 s   | 15,000 | 380–570 µs                      |
 * | all that are due, every 30 s   | 45,000 | 870–1,560 µs                    |
 *
 * (Where less is kept than a group holds nothing helps: all that is free there was freed just now.)
 * Faster than files are made costs the same however fast: 60,000 removed beside 150 creates a
 * second, at once, within 60 s or within 200 s, made each create cost 650 µs on average (140 to
 * 1,200) for the five minutes that were measured. And slower than they are made never ends. So
 * tasks go at the pace at which they came, twice as fast, for a backlog to get shorter.
 *
 * Rejected: keeping the files of pruned tasks to be written again, as a service does with its own.
 * It knows that nobody else has them; here a reader of the old task would read another one's.
 */
import { sleep } from "../../sleep.ts";
import { parseTime } from "../../task/time.ts";
import type { Doomed, Kept, KeptReason, PruneRules } from "./prune_plan.ts";
import type { TasksContext } from "./tasks_context.ts";

/** So many go without a pause: 600 inodes or so. */
const AT_ONCE = 200;
/** Milliseconds between two removals after those, at most: who makes fewer tasks waits for no create. */
const PAUSE_MS = 10;
/** So many times as fast as they ended. */
const HASTE = 2;
/** In flight at most: in full durability they share their flushes. */
const WIDTH = 16;
/** After so many it says how far it is. */
const TOLD_EVERY = 1_000;

/** What became of a prune that was really done. */
export interface PruneOutcome {
  /** The oldest first. */
  readonly pruned: readonly Doomed[];
  /** What stayed although it was to go. */
  readonly kept: Kept;
  readonly problems: readonly string[];
}

/** Removes tasks, the oldest first, until all are gone or somebody interrupts. */
export async function pruneSlowly(
  doomed: readonly Doomed[],
  rules: PruneRules,
  context: TasksContext,
): Promise<PruneOutcome> {
  const { storage, terminal, interrupted } = context;
  const pause = storage.upkeep.removes_slowly ? pauseBetween(doomed) : 0;
  const began = performance.now();
  const tally = new Tally();
  let next = 0;
  const worker = async () => {
    while (next < doomed.length) {
      const index = next++;
      if (index >= AT_ONCE) await sleepUntil(began + (index - AT_ONCE) * pause, interrupted);
      if (interrupted.aborted) return;
      if (index > 0 && index % TOLD_EVERY === 0) {
        terminal.err(`${index} of ${doomed.length} are done; Ctrl-C stops here\n`);
      }
      const task = doomed[index]!;
      await tally.count(task, () => pruneOne(task, rules, context));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return tally.outcome(doomed);
}

function sleepUntil(due: number, signal: AbortSignal): Promise<void> {
  return sleep(Math.max(0, due - performance.now()), signal);
}

class Tally {
  readonly #pruned = new Set<Doomed>();
  readonly #kept: Kept = {};
  readonly #problems: string[] = [];

  async count(task: Doomed, prune: () => Promise<KeptReason | "pruned" | "gone">): Promise<void> {
    try {
      const answer = await prune();
      if (answer === "pruned") this.#pruned.add(task);
      else if (answer !== "gone") this.#keep(answer);
    } catch (error) {
      this.#keep("failed");
      this.#problems.push(error instanceof Error ? error.message : String(error));
    }
  }

  outcome(doomed: readonly Doomed[]): PruneOutcome {
    const pruned = doomed.filter((task) => this.#pruned.has(task));
    return { pruned, kept: this.#kept, problems: this.#problems };
  }

  #keep(reason: KeptReason): void {
    this.#kept[reason] = (this.#kept[reason] ?? 0) + 1;
  }
}

async function pruneOne(
  { id }: Doomed,
  { older_than_ms, unread }: PruneRules,
  { storage, now }: TasksContext,
): Promise<KeptReason | "pruned" | "gone"> {
  // The test of the age is made again under the task's lock.
  const ended_before = older_than_ms === undefined ? {} : { ended_before: now() - older_than_ms };
  const answer = await storage.queue.prune(id, { ...ended_before, unread });
  if (answer.ok) return "pruned";
  // Unknown: somebody else has just removed it.
  if (answer.reason === "unknown") return "gone";
  return answer.reason === "wrong_state" ? "changed" : answer.reason;
}

/**
 * Milliseconds between two removals, by the rate at which the later half of the tasks ended: one
 * task of last year says nothing of today's.
 *
 * @param doomed the one that ended last at the end
 */
export function pauseBetween(doomed: readonly Pick<Doomed, "finished_at">[]): number {
  const [middle, last] = [doomed.length >> 1, doomed.length - 1];
  const endOf = (index: number) => parseTime(doomed[index]?.finished_at ?? "");
  const apart = (endOf(last) - endOf(middle)) / (last - middle);
  return apart >= 0 ? Math.min(PAUSE_MS, apart / HASTE) : PAUSE_MS;
}
