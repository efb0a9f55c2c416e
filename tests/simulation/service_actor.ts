/** A service process: the real dispatcher, runner and recoverer around a scripted agent. */
import type { ClaimedTask, TaskQueue } from "../../lib/queue/task_queue.ts";
import { isTerminal } from "../../lib/task/state_machine.ts";
import type { Ledger } from "./ledger.ts";
import { runScript } from "./scripted_agent.ts";
import type { SimulatedProcess } from "./simulated_process.ts";

/** Runs until `stop` is aborted, or until a flush failed. */
export async function runService(
  process: SimulatedProcess,
  ledger: Ledger,
  concurrency: number,
  stop: AbortSignal,
): Promise<void> {
  const { engine, flusher, journals, runtime } = process;
  const queue = witnessed(process, ledger);
  const stopping = new AbortController();
  const abandon = new AbortController();
  stop.addEventListener("abort", () => {
    stopping.abort();
    void runtime.sleep(50).then(() => abandon.abort());
  });
  const durability = () => {
    if (flusher.failure !== undefined) stopping.abort();
    return flusher.failure;
  };
  const runner = {
    run: async (task: ClaimedTask, signals: Parameters<typeof runScript>[3]) => {
      await task.start();
      return await runScript(process, ledger, task.record, signals);
    },
    durability,
    stopping: stopping.signal,
    abandon: abandon.signal,
    now: runtime.now,
    random: () => process.random.real(),
    sleep: runtime.sleep,
  };
  const dispatcher = new engine.Dispatcher({
    queue,
    concurrency,
    ready: () => Promise.resolve(),
    run: (task) => engine.runTask(runner, task),
  });
  const reap = () => runtime.sleep(1);
  const { sleep } = runtime;
  const recovery = engine.recoverContinuously(
    { queue, journals, reap, durability, sleep },
    stopping.signal,
  );
  try {
    await dispatcher.dispatch(stopping.signal);
  } finally {
    stopping.abort();
    await dispatcher.settled();
    await recovery;
    queue.close();
  }
  if (flusher.failure !== undefined) throw flusher.failure;
}

/** The queue, with everything that it says written down. */
function witnessed(process: SimulatedProcess, ledger: Ledger): TaskQueue {
  const { queue } = process;
  return {
    enqueue: (request) => queue.enqueue(request),
    claim: async (signal) => {
      const task = await queue.claim(signal);
      return task === undefined ? undefined : witness(process, ledger, task);
    },
    orphans: async () => (await queue.orphans()).map((task) => witness(process, ledger, task)),
    get: (id) => queue.get(id),
    ids: (states) => queue.ids(states),
    list: (filter) => queue.list(filter),
    each: (filter) => queue.each(filter),
    watch: (onChange) => queue.watch(onChange),
    cancel: (id, signal) => queue.cancel(id, signal),
    retry: (id, options) => queue.retry(id, options),
    prune: (id, options) => queue.prune(id, options),
    ended: (id, signal) => queue.ended(id, signal),
    outstanding: () => queue.outstanding(),
    close: () => queue.close(),
  };
}

function witness(process: SimulatedProcess, ledger: Ledger, task: ClaimedTask): ClaimedTask {
  const { record } = task;
  const facts = ledger.task(record.id);
  const { generation } = facts;
  ledger.hold(record.id, record.run, record.prompt, process);
  return {
    record,
    cancelled: task.cancelled,
    lost: task.lost,
    start: async () => {
      await task.start();
      // From now on it lies in a flushed file, whoever handed it in.
      facts.accepted = true;
      facts.fragile = false;
    },
    finish: async (ending) => {
      const state = await task.finish(ending);
      ledger.release(record.id, process);
      if (isTerminal(state) && facts.generation === generation) {
        ledger.decide(record.id, state, record.run, true);
      }
      return state;
    },
    abandon: () => {
      ledger.release(record.id, process);
      task.abandon();
    },
  };
}
