/** Prunes ended tasks of some age, as many as there are, evenly over the time. */
import { timeOfId } from "../../../lib/task/id.ts";
import { sleep } from "../../../lib/sleep.ts";
import { preciseNow } from "../clock.ts";
import { evenly, type PartContext, runPart } from "./part.ts";

/** In flight at most, so that flushes are shared. */
const WIDTH = 16;
/** It looks for what has come of age so many times a slice. */
const LOOKS_A_SLICE = 60;

async function prune({ storage, options, ending, handled }: PartContext): Promise<void> {
  const pause = options.slice_ms / LOOKS_A_SLICE;
  while (!ending.aborted) {
    const looked = preciseNow();
    const ended_before = Date.now() - options.age_ms;
    const ids = await storage.queue.ids(["completed", "failed"]);
    const old = ids.filter((id) => (timeOfId(id) ?? Infinity) < ended_before).sort();
    const pruneOne = async (index: number) => {
      const id = old[index]!;
      const began = preciseNow();
      const { ok } = await storage.queue.prune(id, { ended_before, unread: true });
      // One that is not of age yet, or is held by recovery just now, is met again.
      if (ok) handled(id, preciseNow() - began);
    };
    const due = (index: number) => looked + index * pause / old.length;
    await evenly(old.length, WIDTH, due, pruneOne, ending);
    await sleep(Math.max(0, looked + pause - preciseNow()), ending);
  }
}

if (import.meta.main) await runPart(prune);
