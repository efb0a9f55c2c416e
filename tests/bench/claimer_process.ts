/** A process that claims and ends tasks: the real queue alone, with no service around it. */
import v8 from "node:v8";
import vm from "node:vm";
import type { ClaimedTask } from "../../lib/queue/task_queue.ts";
import { sleep } from "../../lib/sleep.ts";
import { type ClaimerMessage, type ClaimerOrders, PROBE_PRIORITY } from "./claimer.ts";
import { preciseNow } from "./clock.ts";
import { NOOP_OUTCOME } from "./noop_task.ts";
import { say } from "./say.ts";
import { openTree } from "./open_tree.ts";

const CONCURRENCY = 10;
const NEVER = new AbortController().signal;

async function start(directory: string): Promise<void> {
  const { queue, close } = await openTree(directory);
  const task = await queue.claim(NEVER);
  const first = preciseNow();
  await queue.outstanding();
  const complete = preciseNow();
  collectGarbage();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  say<ClaimerMessage>({
    kind: "started",
    first,
    complete,
    live: heapUsed + external,
    resident: rss,
  });
  task?.abandon();
  close();
}

function collectGarbage(): void {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc");
  // What is only freed by the first one is collected by the second.
  for (let i = 0; i < 2; i++) collect();
}

/** Milliseconds from when all tasks are known to the end of the last one. */
async function drain(directory: string, count: number): Promise<number> {
  const { queue, close } = await openTree(directory);
  const all = new AbortController();
  const first = queue.claim(all.signal);
  await queue.outstanding();
  let left = count;
  const began = performance.now();
  const work = async (task: ClaimedTask | undefined): Promise<void> => {
    for (; task !== undefined; task = await queue.claim(all.signal)) {
      await end(task);
      if (--left === 0) all.abort();
    }
  };
  const others = Array.from({ length: CONCURRENCY - 1 }, () => queue.claim(all.signal).then(work));
  await Promise.all([first.then(work), ...others]);
  const lasted = performance.now() - began;
  close();
  return lasted;
}

async function end(task: ClaimedTask): Promise<void> {
  await task.start();
  await task.finish(NOOP_OUTCOME);
}

async function serve(directory: string, run_ms: number): Promise<void> {
  const { queue, close } = await openTree(directory);
  const stop = new AbortController();
  const first = queue.claim(stop.signal);
  await queue.outstanding();
  say<ClaimerMessage>({ kind: "ready" });
  const working = work();
  while (!(await Deno.stdin.readable.getReader().read()).done);
  stop.abort();
  await working;
  close();

  async function work(): Promise<void> {
    for (let task = await first; task !== undefined; task = await queue.claim(stop.signal)) {
      const { id, priority } = task.record;
      if (priority === PROBE_PRIORITY) {
        say<ClaimerMessage>({ kind: "claimed", id, at: preciseNow() });
      }
      if (run_ms > 0) await sleep(run_ms);
      await end(task);
    }
  }
}

async function obey(orders: ClaimerOrders): Promise<void> {
  if (orders.kind === "start") return await start(orders.directory);
  if (orders.kind === "serve") return await serve(orders.directory, orders.run_ms);
  // Code that was not compiled yet is not what is measured.
  await drain(orders.warm_directory, orders.count);
  let ms = 0;
  for (const directory of orders.directories) ms += await drain(directory, orders.count);
  say<ClaimerMessage>({ kind: "drained", ms });
}

if (import.meta.main) await obey(JSON.parse(Deno.args[0]!));
