/** Hands in tasks at a steady rate. */
import { clock, evenly, type PartContext, runPart } from "./part.ts";

/** In flight at most: with durability full one at a time would not reach the rate. */
const WIDTH = 32;

async function produce(
  { storage, options, begin, ending, handled }: PartContext,
): Promise<void> {
  const total = Math.round(options.rate * options.slices * options.slice_ms / 1000);
  const enqueue = async () => {
    const began = clock();
    const { id, created } = await storage.queue.enqueue({
      conversation_id: "bench",
      // The service reads from it how long the task waited.
      prompt: `${began} ${"A prompt of ordinary length, for a task that does nothing. ".repeat(4)}`,
    });
    if (!created) throw new Error(`the new task ${id} was there already`);
    handled(id, clock() - began);
  };
  const due = (index: number) => begin + index * 1000 / options.rate;
  await evenly(total, WIDTH, due, enqueue, ending);
}

if (import.meta.main) await runPart(produce);
