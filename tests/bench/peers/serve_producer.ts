import { sleep } from "../../../lib/sleep.ts";
import { preciseNow } from "../clock.ts";
import type { ProducerCommand, Seen } from "./commands.ts";
import { serveCommands } from "./serve_commands.ts";

/** What a producer must know of its queue. */
export interface Producer {
  /** Hands in one job, and resolves to its id when the queue has acknowledged it. */
  add(): Promise<string>;
  fill(count: number): Promise<void>;
  /** @throws unless so many jobs wait, and none is done. */
  checkWaiting(count: number): Promise<void>;
  /** @throws unless so many are done, once each, with result and notification, and none is left. */
  checkDone(count: number): Promise<void>;
}

/** Does what the bench asks of a producer. */
export function serveProducer(producer: Producer): Promise<never> {
  return serveCommands<ProducerCommand>((command) => {
    switch (command.do) {
      case "enqueue":
        return enqueue(producer, command.count, command.width);
      case "fill":
        return producer.fill(command.count);
      case "hand_in":
        return handIn(producer);
      case "hand_in_steadily":
        return handInSteadily(producer, command.count, command.rate);
      case "check_waiting":
        return producer.checkWaiting(command.count);
      case "check_done":
        return producer.checkDone(command.count);
    }
  });
}

async function enqueue(producer: Producer, count: number, width: number): Promise<number> {
  let left = count;
  const began = performance.now();
  await Promise.all(Array.from({ length: width }, async () => {
    while (left-- > 0) await producer.add();
  }));
  return performance.now() - began;
}

async function handIn(producer: Producer): Promise<Seen> {
  const at = preciseNow();
  return { id: await producer.add(), at };
}

/** Keeps to its times, whether or not the job before has been acknowledged yet. */
async function handInSteadily(producer: Producer, count: number, rate: number): Promise<Seen[]> {
  const began = performance.now();
  const handed: Promise<Seen>[] = [];
  for (let n = 0; n < count; n++) {
    const wait = began + n * 1_000 / rate - performance.now();
    if (wait > 0) await sleep(wait);
    handed.push(handIn(producer));
  }
  return await Promise.all(handed);
}
