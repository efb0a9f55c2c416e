/** Sending an ended task back to pending. */
import type { MinimalJob } from "bullmq";
import type { TaskRecord } from "../../task/record.ts";
import { isTerminal } from "../../task/state_machine.ts";
import { retryByHand } from "../../task/transitions.ts";
import { isRetryable } from "../retryable.ts";
import type { Refusal, Task } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import { asTask, findJob, lookAt, recordToChange, type SeenJob } from "./read_tasks.ts";
import { REPLACE_ENDED } from "./scripts/replace_ended.ts";
import { isRefusal } from "./settle.ts";

/** A moving task is looked for again so often. */
const ROUNDS = 5;
const ROUND_PAUSE_MS = 15;

export async function retryTask(
  context: BullmqContext,
  id: string,
  fresh: boolean,
): Promise<{ ok: true; task: Task } | Refusal> {
  for (let round = 0; round < ROUNDS; round++) {
    const job = await findJob(context, id);
    if (job === undefined) return { ok: false, reason: "unknown" };
    const task = asTask(job);
    if (!isRetryable(task, fresh)) return { ok: false, reason: "wrong_state", task };
    // What is staged only may still be on its way.
    const record = isTerminal(job.state) ? await sendBack(context, job, fresh) : undefined;
    if (record !== undefined) return { ok: true, task: { state: "pending", record } };
    await context.sleep(ROUND_PAUSE_MS);
  }
  throw new Error(`task "${id}" could not be retried: somebody else moves it; try again`);
}

async function sendBack(
  context: BullmqContext,
  seen: SeenJob,
  fresh: boolean,
): Promise<TaskRecord | undefined> {
  const { backend, redis, keys } = context;
  const { job_id, state, data } = seen;
  const before = context.losses();
  const record = retryByHand(recordToChange(seen, "retried"), fresh);
  // Without this one a crash after the next claim would end the task again with its old ending.
  const sent = JSON.stringify(record);
  const args = [job_id, data, sent];
  const replaced = await redis.ask((client) => REPLACE_ENDED.run(client, [keys.state("")], args));
  if (replaced !== 1 || !isTerminal(state)) return undefined;
  const job = { id: job_id, opts: {} } as unknown as MinimalJob;
  try {
    await redis.ask(() => backend.retryFinishedJob(job, state));
    return record;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Somebody else was faster, or the client repeats what was lost with a connection.
    const [job] = context.losses() === before ? [] : await lookAt(context, [job_id]);
    return job?.state === "pending" && job.data === sent ? record : undefined;
  }
}
