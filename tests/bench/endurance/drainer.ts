/** Runs the tasks as the service does, but for what a run does: nothing. */
import { Dispatcher } from "../../../lib/service/dispatcher.ts";
import { recoverContinuously } from "../../../lib/service/recoverer.ts";
import { runTask } from "../../../lib/service/runner.ts";
import type { ClaimedTask } from "../../../lib/queue/task_queue.ts";
import { sleep } from "../../../lib/sleep.ts";
import { preciseNow } from "../clock.ts";
import { NOOP_OUTCOME } from "../noop_task.ts";
import { type PartContext, runPart } from "./part.ts";

const CONCURRENCY = 10;
/** How often it asks whether that was all, milliseconds. */
const CHECK_MS = 20;
/** What is not done so long after the last task came is left, and missed in the account. */
const PATIENCE_MS = 300_000;

async function drain({ storage, ending, handled }: PartContext): Promise<void> {
  const { queue, flusher, journals } = storage;
  const stop = new AbortController();
  const durability = () => flusher.failure;
  const never = new AbortController().signal;
  const run = async (task: ClaimedTask) => {
    let waited = NaN;
    await runTask({
      run: ({ record }) => {
        waited = preciseNow() - Number(record.prompt.split(" ", 1)[0]);
        return Promise.resolve({ ...NOOP_OUTCOME });
      },
      durability,
      stopping: stop.signal,
      abandon: never,
      now: Date.now,
      random: Math.random,
    }, task);
    if (flusher.failure !== undefined) throw flusher.failure;
    handled(task.record.id, waited);
  };
  const dispatcher = new Dispatcher({
    queue,
    concurrency: CONCURRENCY,
    ready: () => Promise.resolve(),
    run,
  });
  const reap = () => Promise.reject(new Error("there are no tool processes"));
  await Promise.all([
    recoverContinuously({ queue, journals, reap, durability }, stop.signal),
    dispatcher.dispatch(stop.signal),
    stopWhenDrained({ storage, ending }, stop),
  ]);
  await dispatcher.settled();
}

async function stopWhenDrained(
  { storage, ending }: Pick<PartContext, "storage" | "ending">,
  stop: AbortController,
): Promise<void> {
  await new Promise<void>((resolve) => {
    if (ending.aborted) resolve();
    else ending.addEventListener("abort", () => resolve(), { once: true });
  });
  for (const waited = performance.now(); performance.now() < waited + PATIENCE_MS;) {
    const { running, due, retrying } = await storage.queue.outstanding();
    if (running + due + retrying === 0) break;
    await sleep(CHECK_MS);
  }
  stop.abort();
}

if (import.meta.main) await runPart(drain);
