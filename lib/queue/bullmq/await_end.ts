/** Waiting for the end of a task. */
import { jobIdsOf } from "../../redis/job_id.ts";
import type { Task } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { Wakeup } from "../wakeup.ts";
import type { BullmqContext } from "./context.ts";
import type { EventFeed } from "./event_feed.ts";
import { asTask, findJob } from "./read_tasks.ts";

/** A task that is waited for is looked at this often whatever events say, in milliseconds. */
const CHECK_MS = 5_000;

/** The task once its job has moved, so that its notification is there; `undefined` on abort. */
export async function awaitEnd(
  context: BullmqContext,
  feed: EventFeed,
  id: string,
  signal: AbortSignal,
): Promise<Task | undefined> {
  if (signal.aborted) return undefined;
  const changed = new Wakeup();
  const job_ids = jobIdsOf(id);
  let listening: { close(): void } | undefined;
  const timer = context.every(CHECK_MS, () => changed.wake());
  try {
    while (!signal.aborted) {
      const next = changed.next(signal);
      const job = await findJob(context, id);
      if (job === undefined) return undefined;
      if (isTerminal(job.state)) return asTask(job);
      listening ??= feed.listen((job_id) => {
        if (job_id === undefined || job_ids.includes(job_id)) changed.wake();
      });
      await next;
    }
    return undefined;
  } finally {
    timer.cancel();
    listening?.close();
    // Who waits for a wake that never comes would keep its promise alive.
    changed.wake();
  }
}
