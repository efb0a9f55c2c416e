/** Lists of tasks, newest first. Only records that are asked for are read. */
import { taskIdOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis_client.ts";
import { isId, timeOfId, ULID_PATTERN } from "../../task/id.ts";
import { type Task, TASK_STATES, type TaskState } from "../../task/record.ts";
import { fits, looksAtText, mayFit } from "../filter_tasks.ts";
import { type Candidate, datedStream, merged, type Stream, ulidStream } from "../newest_first.ts";
import type { TaskFilter } from "../task_queue.ts";
import type { BullmqContext } from "./context.ts";
import { LISTS, WAITING } from "./job_state.ts";
import { jobTime } from "./job_time.ts";
import { asTask, lookAt, type SeenJob } from "./read_tasks.ts";
import { SNAPSHOT } from "./scripts/snapshot.ts";

type Room = Pick<BullmqContext, "redis" | "keys">;

/** So many records are read at once. */
const CHUNK = 100;
/** So many times of making are asked for at once. */
const TIMES_CHUNK = 1_000;

/** Tasks that fit, newest first. */
export async function* eachTask(
  context: Room,
  filter: TaskFilter,
  chunk = CHUNK,
): AsyncGenerator<Task> {
  const job_ids = await newestFirst(context, filter);
  for (let size = chunk;; size = CHUNK) {
    const next = job_ids.take(size);
    if (next.length === 0) return;
    for (const job of await lookAt(context, next)) {
      const task = readIf(job, filter);
      if (task !== undefined && fits(task, filter)) yield task;
    }
  }
}

function readIf(job: SeenJob, filter: TaskFilter): Task | undefined {
  const looks = looksAtText(job.state, filter);
  return looks && !mayFit(taskIdOf(job.job_id), job.data, filter) ? undefined : asTask(job);
}

/** At most so many tasks that fit, newest first. */
export async function listTasks(
  context: Room,
  { limit, ...filter }: TaskFilter & { readonly limit: number },
): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const task of eachTask(context, filter, Math.min(limit, CHUNK))) {
    tasks.push(task);
    if (tasks.length >= limit) break;
  }
  return tasks;
}

/** The ids in some states, each once, in no order. */
export async function idsIn(context: Room, states: readonly TaskState[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const { job_ids } of await snapshot(context, states)) {
    for (const job_id of job_ids) {
      const id = taskIdOf(job_id);
      if (isId(id)) ids.add(id);
    }
  }
  return [...ids];
}

/** Gives ids of jobs, newest first, each once. */
class JobIds {
  constructor(
    private readonly candidates: Iterator<Candidate>,
    /** The jobs of tasks whose ids are not their jobs'. */
    private readonly renamed: ReadonlyMap<string, string>,
  ) {}

  take(count: number): string[] {
    const job_ids: string[] = [];
    while (job_ids.length < count) {
      const { done, value } = this.candidates.next();
      if (done) break;
      job_ids.push(this.renamed.get(value.id) ?? value.id);
    }
    return job_ids;
  }
}

async function newestFirst(context: Room, filter: TaskFilter): Promise<JobIds> {
  const { states = TASK_STATES } = filter;
  // What is active may be staged, and then counts as where it is going.
  const looked = TASK_STATES.filter((state) => states.includes(state) || state === "running");
  const streams: Stream[] = [];
  const named: { job_id: string; state: TaskState }[] = [];
  for (const { state, job_ids } of await snapshot(context, looked)) {
    const ulids = [];
    for (const job_id of job_ids) {
      if (ULID_PATTERN.test(job_id)) ulids.push(job_id);
      else if (isId(taskIdOf(job_id))) named.push({ job_id, state });
    }
    streams.push(ulidStream(state, ulids, filter));
  }
  const times = await timesOf(context, named.map(({ job_id }) => job_id));
  const renamed = new Map<string, string>();
  const dated = named.map(({ job_id, state }, i): Candidate => {
    const id = taskIdOf(job_id);
    if (id !== job_id) renamed.set(id, job_id);
    return { id, state, created: timeOfId(id) ?? times[i] ?? 0 };
  });
  return new JobIds(merged([...streams, datedStream(dated)]), renamed);
}

/** The jobs in some states, all at one instant. */
async function snapshot(
  { redis, keys }: Room,
  states: readonly TaskState[],
): Promise<{ state: TaskState; job_ids: string[] }[]> {
  const places = states.flatMap((state) => placesOf(state).map((place) => ({ state, place })));
  if (places.length === 0) return [];
  const found = await redis.ask((client) => {
    const names = places.map(({ place }) => place);
    return inTransaction(client, keys, names).catch(async (error) => {
      if (!isOutOfMemory(error)) throw error;
      const args = names.flatMap((name) => [LISTS.has(name) ? "list" : "set", name]);
      return await SNAPSHOT.run(client, [keys.state("")], args) as string[][];
    });
  });
  return places.map(({ state }, i) => ({ state, job_ids: found[i] ?? [] }));
}

// A script would do the same, and hold the server up three times as long.
async function inTransaction(
  client: RedisClient,
  keys: RedisKeys,
  places: readonly string[],
): Promise<string[][]> {
  const multi = client.multi();
  for (const place of places) {
    if (LISTS.has(place)) multi.lrange(keys.state(place), 0, -1);
    else multi.zrange(keys.state(place), 0, -1);
  }
  const answers = await multi.exec() ?? [];
  return answers.map(([error, job_ids]) => {
    if (error) throw error;
    return job_ids as string[];
  });
}

function isOutOfMemory(error: unknown): boolean {
  const { previousErrors = [] } = error as { previousErrors?: readonly unknown[] };
  return [error, ...previousErrors].some((each) => String(each).includes("OOM"));
}

function placesOf(state: TaskState): readonly string[] {
  if (state === "pending") return WAITING;
  return [state === "running" ? "active" : state];
}

// Where a job's hash should be another program has put something: that is no task.
function isOtherType(error: Error): boolean {
  return error.message.startsWith("WRONGTYPE");
}

// Ids that are no ULIDs say no time.
async function timesOf({ redis, keys }: Room, job_ids: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (let from = 0; from < job_ids.length; from += TIMES_CHUNK) {
    const answers = await redis.ask(async (client) => {
      const pipeline = client.pipeline();
      for (const job_id of job_ids.slice(from, from + TIMES_CHUNK)) {
        pipeline.hget(keys.job(job_id), "timestamp");
      }
      const answers = await pipeline.exec() ?? [];
      for (const [error] of answers) if (error && !isOtherType(error)) throw error;
      return answers;
    });
    for (const [, time] of answers) times.push(jobTime(String(time ?? "")));
  }
  return times;
}
