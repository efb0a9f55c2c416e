/** One drain: a queue is filled, and services, each a process of its own, empty it. */
import { assertDone } from "./assert_done.ts";
import { handIn } from "./hand_in.ts";
import { NoopService } from "./noop_service.ts";
import { openTree } from "./open_tree.ts";
import { freshPlace } from "./spread_directory.ts";

export interface DrainOptions {
  readonly durability: "relaxed" | "full";
  /** Tasks that each service runs at once. */
  readonly concurrency: number;
  readonly services: number;
  readonly count: number;
  /** Tasks that each service has done somewhere else before. */
  readonly warm_up: number;
  /** The Redis that the tasks are in, if they are not in files. */
  readonly queue_url?: string;
}

/** Where the tasks of a drain are. */
type Place = Pick<DrainOptions, "durability" | "queue_url"> & { readonly directory: string };

/** The setting up of a queue is not measured; where each call waits for something, it is this wide. */
const SET_UP_WIDTH = 32;
/** Services that have done nothing for so long have stopped, in milliseconds. */
const STALLED_MS = 60_000;

/**
 * Tasks a second from the first claim to the last end, whichever service's these are.
 *
 * @param root of the bench
 * @throws {Error} when a task, its result or its notification is lost or doubled
 */
export async function drainTasks(root: string, options: DrainOptions): Promise<number> {
  const { durability, concurrency, count, warm_up, queue_url } = options;
  const directory = freshPlace(root, "drain");
  const place = { directory, durability, ...(queue_url === undefined ? {} : { queue_url }) };
  const ids = await fill(place, count);
  await using stack = new AsyncDisposableStack();
  const services: NoopService[] = [];
  for (let i = 0; i < options.services; i++) {
    const orders = { ...place, concurrency, warm_up, tell_each: false };
    services.push(stack.use(await NoopService.start(root, orders)));
  }
  for (const service of services) await service.go();
  const seconds = await secondsUntilDone(services, count);
  const done = await Promise.all(services.map((service) => service.end()));
  await assertDone(place, { enqueued: ids, ran: done.flat() });
  return count / seconds;
}

async function fill(
  { directory, durability, queue_url }: Place,
  count: number,
): Promise<string[]> {
  const storage = await openTree(directory, { durability, queue_url });
  const isWide = durability === "full" || queue_url !== undefined;
  try {
    return await handIn(storage.queue, count, isWide ? SET_UP_WIDTH : 1);
  } finally {
    await storage.close();
  }
}

async function secondsUntilDone(services: readonly NoopService[], count: number): Promise<number> {
  let done = 0;
  let movedAt = performance.now();
  for (;;) {
    const all = await Promise.all(services.map((service) => service.progress()));
    const now = all.reduce((sum, progress) => sum + progress.count, 0);
    if (now >= count) {
      const first = Math.min(...all.map((progress) => progress.first));
      return (Math.max(...all.map((progress) => progress.last)) - first) / 1_000;
    }
    if (now > done) [done, movedAt] = [now, performance.now()];
    else if (performance.now() - movedAt > STALLED_MS) {
      throw new Error(`the services have stopped after ${done} of ${count} tasks`);
    }
  }
}
