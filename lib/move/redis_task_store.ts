/** A Redis server as a place to move tasks from or to. */
import { RedisPresence } from "../presence/redis_presence.ts";
import { allIds, type FoundJob, readJob, removeJob } from "../queue/bullmq/moved_job.ts";
import { asTask, findJob } from "../queue/bullmq/read_tasks.ts";
import { assertOwnKeys } from "../redis/foreign_keys.ts";
import { connect } from "../redis/redis_connection.ts";
import { RedisProblem } from "../redis/redis_problem.ts";
import type { RedisTarget } from "../redis/redis_url.ts";
import { systemRuntime } from "../runtime.ts";
import { sleep } from "../sleep.ts";
import { ID_EXPECTED, isId } from "../task/id.ts";
import type { ServiceRecord } from "../task/service_record.ts";
import { compareTasks } from "./compare_tasks.ts";
import { arrive, whyNotInRedis } from "./redis_arrival.ts";
import { readBundle } from "./redis_bundle.ts";
import { type MarkTimes, RedisMark } from "./redis_mark.ts";
import { type RedisPlace, redisPlace } from "./redis_place.ts";
import { ownKeys, settleTransit, toldOf } from "./redis_transit.ts";
import {
  type Bundle,
  BUSY,
  type Left,
  left,
  type LeftTask,
  type Taken,
  type TaskStore,
  type Written,
} from "./task_store.ts";
import { Unmovable } from "./unmovable.ts";

/** A server that cannot be reached is waited for so long, in milliseconds. */
const PATIENCE_MS = 10_000;
/** A job that somebody holds is looked for again so long: a dead service's lock lasts no longer. */
const HELD_MS = 20_000;
const ROUND_PAUSE_MS = 100;

// One key of another type keeps its task here, and no other one.
function isForeignKey(error: unknown): error is RedisProblem {
  return error instanceof RedisProblem && String(error.cause).includes("WRONGTYPE");
}

/** @throws {RedisProblem} when the server cannot be reached or used */
export async function openRedisTaskStore(target: RedisTarget): Promise<TaskStore> {
  const redis = await connect(target, { patience_ms: PATIENCE_MS, retryForever: false });
  const server = redisPlace(target, redis);
  try {
    await assertOwnKeys(redis, server.keys);
    return new RedisTaskStore(server);
  } catch (error) {
    await redis.close();
    throw error;
  }
}

export class RedisTaskStore implements TaskStore {
  readonly place: string;
  readonly mark: RedisMark;

  constructor(private readonly server: RedisPlace, times?: MarkTimes) {
    this.place = server.place;
    this.mark = new RedisMark(server, times);
  }

  live(): Promise<ServiceRecord[]> {
    const { redis, keys } = this.server;
    return new RedisPresence({ ...systemRuntime, redis, keys }).live();
  }

  async settle(): Promise<readonly LeftTask[]> {
    return await settleTransit(this.server);
  }

  ids(): Promise<string[]> {
    return allIds(this.server);
  }

  async take(id: string): Promise<Taken> {
    if (!isId(id)) return left(`its id is no task's: expected ${ID_EXPECTED}`);
    const until = performance.now() + HELD_MS;
    for (;;) {
      const taken = await this.#tryToTake(id);
      if (taken !== BUSY) return taken;
      if (performance.now() > until) return BUSY;
      await sleep(ROUND_PAUSE_MS);
    }
  }

  /** @returns BUSY while somebody has its lock */
  async #tryToTake(id: string): Promise<Taken> {
    try {
      const job = await readJob(this.server, id);
      if (job === undefined) return { kind: "gone" };
      return job.locked_ms === undefined ? await this.#hold(job) : BUSY;
    } catch (error) {
      if (!isForeignKey(error)) throw error;
      return left(error.message);
    }
  }

  async #hold(job: FoundJob): Promise<Taken> {
    if (job.place === "waiting-children") return left("BullMQ lets it wait for other jobs");
    try {
      const bundle = await readBundle(this.server, job);
      const remove = () => this.#remove(job, bundle);
      return { kind: "held", task: { bundle, remove, release: () => {} } };
    } catch (error) {
      if (!(error instanceof Unmovable)) throw error;
      return left(error.message);
    }
  }

  #remove(job: FoundJob, { id, record }: Bundle): Promise<boolean> {
    return removeJob(this.server, job, { ...toldOf(record), parts: ownKeys(this.server, id) });
  }

  async write(bundle: Bundle): Promise<Written> {
    const reason = whyNotInRedis(bundle);
    if (reason !== undefined) return left(reason);
    const job = await findJob(this.server, bundle.id);
    if (job !== undefined) {
      const relation = compareTasks(bundle, { ...asTask(job), state: job.state });
      if (relation === "there") return { kind: "there" };
      if (relation === "other") return left(`${this.place} has another task of that id`);
      const stays = await this.#removeStale(bundle.id);
      if (stays !== undefined) return stays;
    }
    return await arrive(this.server, bundle)
      ? { kind: "written" }
      : left(`somebody has added a task of that id to ${this.place} just now`);
  }

  async #removeStale(id: string): Promise<Left | undefined> {
    const taken = await this.take(id);
    if (taken.kind !== "held") return taken.kind === "left" ? taken : undefined;
    return await taken.task.remove() ? undefined : BUSY;
  }

  async finish(): Promise<void> {
    await settleTransit(this.server);
  }

  async close(): Promise<void> {
    await this.server.redis.close();
  }
}
