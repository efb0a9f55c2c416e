/** Hands in tasks at a steady rate. */
import { preciseNow } from "../clock.ts";
import { NOOP_REQUEST } from "../noop_task.ts";
import { evenly, type PartContext, runPart } from "./part.ts";

/** In flight at most: with durability full one at a time would not reach the rate. */
const WIDTH = 32;

async function produce(
  { storage, options, begin, ending, handled }: PartContext,
): Promise<void> {
  const total = Math.round(options.rate * options.slices * options.slice_ms / 1000);
  const enqueue = async () => {
    const began = preciseNow();
    const { id, created } = await storage.queue.enqueue({
      ...NOOP_REQUEST,
      // The service reads from it how long the task waited.
      prompt: `${began} ${NOOP_REQUEST.prompt}`,
    });
    if (!created) throw new Error(`the new task ${id} was there already`);
    handled(id, preciseNow() - began);
  };
  const due = (index: number) => begin + index * 1000 / options.rate;
  await evenly(total, WIDTH, due, enqueue, ending);
}

if (import.meta.main) await runPart(produce);
