/**
 * A background service whose tasks do nothing, in a process of its own: the real dispatcher, runner
 * and queue, and a run that has its outcome at once. Ends with its standard input.
 */
import type { Storage } from "../../lib/open_storage.ts";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import { Dispatcher } from "../../lib/service/dispatcher.ts";
import { runTask } from "../../lib/service/runner.ts";
import { preciseNow } from "./clock.ts";
import type { NoopMessage, NoopOrders } from "./noop_service.ts";
import { NOOP_OUTCOME, NOOP_REQUEST } from "./noop_task.ts";
import { openTree } from "./open_tree.ts";
import { say } from "./say.ts";

/** How often it says how far it is, in milliseconds. */
const TELL_MS = 50;

class NoopService {
  readonly #stopping = new AbortController();
  readonly #dispatcher: Dispatcher;
  readonly #began = new Map<string, number>();
  readonly #finished: string[] = [];
  #first: number | undefined;
  #last = 0;

  constructor(storage: Storage, concurrency: number, private readonly onEnd: (id: string) => void) {
    const parts = {
      run: ({ record }: ClaimedTask) => {
        this.#began.set(record.id, preciseNow());
        return Promise.resolve({ ...NOOP_OUTCOME });
      },
      durability: () => storage.flusher.failure,
      stopping: this.#stopping.signal,
      abandon: new AbortController().signal,
      now: Date.now,
      random: Math.random,
    };
    this.#dispatcher = new Dispatcher({
      queue: storage.queue,
      concurrency,
      ready: () => Promise.resolve(),
      run: async (task) => {
        this.#first ??= preciseNow();
        await runTask(parts, task);
        this.#last = preciseNow();
        this.#finished.push(task.record.id);
        this.onEnd(task.record.id);
      },
    });
  }

  dispatch(): Promise<void> {
    return this.#dispatcher.dispatch(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#dispatcher.settled();
  }

  began(id: string): number {
    return this.#began.get(id) ?? NaN;
  }

  get progress(): Extract<NoopMessage, { kind: "progress" }> {
    const count = this.#finished.length;
    return { kind: "progress", count, first: this.#first ?? null, last: this.#last };
  }

  get finished(): readonly string[] {
    return this.#finished;
  }
}

/** A service runs for weeks: what is measured is not how its code is compiled. */
async function warmUp(orders: NoopOrders): Promise<void> {
  const { warm_directory, durability, service_id, warm_queue_url } = orders;
  const storage = await openTree(warm_directory, {
    durability,
    service_id,
    queue_url: warm_queue_url,
  });
  for (let i = 0; i < orders.warm_up; i++) await storage.queue.enqueue(NOOP_REQUEST);
  const all = Promise.withResolvers<void>();
  let left = orders.warm_up;
  const service = new NoopService(storage, orders.concurrency, () => {
    if (--left === 0) all.resolve();
  });
  const dispatched = service.dispatch();
  if (left > 0) await all.promise;
  await service.stop();
  await dispatched;
  await storage.close();
}

async function serve(orders: NoopOrders): Promise<void> {
  await warmUp(orders);
  const { directory, durability, service_id, queue_url } = orders;
  const storage = await openTree(directory, { durability, service_id, queue_url });
  const service = new NoopService(storage, orders.concurrency, (id) => {
    if (orders.tell_each) say<NoopMessage>({ kind: "began", id, at: service.began(id) });
  });
  say<NoopMessage>({ kind: "ready" });
  const input = Deno.stdin.readable.getReader();
  await input.read();
  const timer = orders.tell_each
    ? undefined
    : setInterval(() => say<NoopMessage>(service.progress), TELL_MS);
  const dispatched = service.dispatch();
  while (!(await input.read()).done);
  clearInterval(timer);
  await service.stop();
  await dispatched;
  await storage.close();
  say<NoopMessage>({ kind: "finished", ids: service.finished });
}

if (import.meta.main) await serve(JSON.parse(Deno.args[0]!));
