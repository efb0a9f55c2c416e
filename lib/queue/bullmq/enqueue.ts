/** Handing in a task. */
import type { IRedisTransaction, JobJson, JobsOptions } from "bullmq";
import { jobIdOf, jobIdsOf } from "../../redis/job_id.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import { RedisProblem } from "../../redis/redis_problem.ts";
import type { ScriptArgument } from "../../redis/script.ts";
import type { TaskRecord, TaskRequest } from "../../task/record.ts";
import { parseTime } from "../../task/time.ts";
import { dueAt } from "../../task/transitions.ts";
import { encodeNew, newRecord } from "../new_record.ts";
import type { Enqueued } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import { asTask, findJob } from "./read_tasks.ts";
import { ADD } from "./scripts/add.ts";

/** BullMQ takes the lowest first, from 1. */
const LEAST_PRIORITY = 101;
/** BullMQ's own: so far the scores of two priorities are apart. */
const PRIORITY_STEP = 2 ** 32;
/** An id that is neither free nor a task's is tried so often, so many milliseconds apart. */
const MAX_TRIES = 20;
const PAUSE_MS = 50;

/** Changes nothing where the id exists in any state. */
export async function enqueueTask(
  context: BullmqContext,
  request: TaskRequest & { id?: string },
): Promise<Enqueued> {
  const record = newRecord(request, context);
  encodeNew(record);
  const { id } = record;
  // A number may be one that BullMQ gave to a job itself.
  const isNumber = jobIdsOf(id).length > 1;
  const existing = isNumber ? await answerExisting(context, id) : undefined;
  if (existing !== undefined) return existing;
  const mark = context.token();
  for (let tries = 1;; tries++) {
    if (await context.redis.ask((client) => addJob(context, client, record, mark))) {
      return { id, state: "pending", created: true };
    }
    const existing = await answerExisting(context, id);
    if (existing !== undefined) return existing;
    // Removed again since, or only its key is left.
    if (tries === MAX_TRIES) throw leftOver(context, id);
    await context.sleep(PAUSE_MS);
  }
}

function leftOver({ keys }: BullmqContext, id: string): RedisProblem {
  const key = keys.job(jobIdOf(id));
  return new RedisProblem(
    `task "${id}" cannot be handed in: of an older job of this id only the key "${key}" is left on ` +
      "the Redis server, in none of the queue's states; remove that key (DEL), and hand it in again",
    "operator",
  );
}

async function answerExisting(context: BullmqContext, id: string): Promise<Enqueued | undefined> {
  const job = await findJob(context, id);
  return job === undefined ? undefined : { id, state: asTask(job).state, created: false };
}

/**
 * @param mark by which this call knows itself when it is sent again
 * @param data what BullMQ keeps of the record
 * @returns whether the job is this one
 */
export async function addJob(
  { backend, keys, now }: Pick<BullmqContext, "backend" | "keys" | "now">,
  client: RedisClient,
  record: TaskRecord,
  mark: string,
  data = JSON.stringify(record),
): Promise<boolean> {
  const job_id = jobIdOf(record.id);
  const priority = priorityOf(record);
  const job = jobOf(record, job_id, data, now());
  const recorder = new Recorder();
  await backend.addJobToTransaction(recorder as unknown as IRedisTransaction, job, job_id);
  const delays = job.opts.delay !== undefined;
  const { script, keys: count } = delays ? ADD.addDelayedJob : ADD.addPrioritizedJob;
  const answer = await script.run(
    client,
    [...recorder.args.slice(0, count).map(String), keys.job(job_id), keys.state("prioritized")],
    // BullMQ goes by the order of coming; equals are to go by their age.
    [...recorder.args.slice(count), job_id, job.data, mark, scoreOf(record, priority)],
  );
  if (typeof answer === "number" && answer >= 0) return answer === 1;
  throw new Error(`task "${record.id}" could not be added: BullMQ answers ${answer}`);
}

/** Takes the place of a transaction: keeps what BullMQ would send. */
class Recorder {
  args: readonly ScriptArgument[] = [];

  runCommand(_name: string, args: readonly ScriptArgument[]): void {
    this.args = args;
  }
}

/** BullMQ's number for a task's priority. */
export function priorityOf({ priority }: TaskRecord): number {
  return LEAST_PRIORITY - priority;
}

function jobOf(record: TaskRecord, job_id: string, data: string, now: number): JobJson {
  const created = parseTime(record.created_at);
  const due = dueAt(record);
  const timestamp = due > now ? Math.min(created, now) : created;
  const opts: JobsOptions = {
    priority: priorityOf(record),
    attempts: 1,
    ...(due > now ? { delay: due - timestamp } : {}),
  };
  const job: Partial<JobJson> = {
    id: job_id,
    name: record.title || "task",
    data,
    opts,
    timestamp,
  };
  return job as JobJson;
}

// Milliseconds fit behind the point. What BullMQ puts back itself gets a small number, and so comes
// before all that wait for the first time.
function scoreOf({ created_at }: TaskRecord, priority: number): number {
  const seconds = parseTime(created_at) / 1_000;
  return priority * PRIORITY_STEP + Math.min(Math.max(0, seconds), PRIORITY_STEP - 1);
}
