/** The BullMQ engine: its states are ours, a lock that expires is the lease. See ARCHITECTURE.md. */
import { getLogger } from "@logtape/logtape";
import type { Leases } from "../../redis/fence.ts";
import { taskIdOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { Runtime } from "../../runtime.ts";
import { EachSaidOnce } from "../../said_once.ts";
import { isId } from "../../task/id.ts";
import { TASK_STATES, type TaskRequest, type TaskState } from "../../task/record.ts";
import type { Owner } from "../../task/transitions.ts";
import { Complaints } from "../complaints.ts";
import type {
  ClaimedTask,
  Enqueued,
  Outstanding,
  PruneOptions,
  PruneRefusal,
  QueueWatch,
  Refusal,
  Task,
  TaskFilter,
  TaskQueue,
} from "../task_queue.ts";
import { findOrphans, type Orphan } from "./adopt_jobs.ts";
import { awaitEnd } from "./await_end.ts";
import { cancelTask } from "./cancel.ts";
import { BullmqClaimedTask } from "./claimed_task.ts";
import type { BullmqContext } from "./context.ts";
import { enqueueTask } from "./enqueue.ts";
import { EventFeed } from "./event_feed.ts";
import { Fetcher } from "./fetcher.ts";
import type { HeldJob } from "./held_job.ts";
import { judgeWaiting } from "./judge_job.ts";
import { LEASE_TIMES, LeaseKeeper, type LeaseTimes } from "./lease_keeper.ts";
import { letGo, putOff } from "./let_go.ts";
import { eachTask, idsIn, listTasks } from "./list_tasks.ts";
import { openBackend } from "./open_backend.ts";
import { pruneTask } from "./prune.ts";
import { asTask, findJob } from "./read_tasks.ts";
import { retryTask } from "./retry.ts";
import { OUTSTANDING } from "./scripts/outstanding.ts";

const log = getLogger(["bts", "queue"]);

/** A task that could not be claimed is put aside for so long, in milliseconds. */
const FAULT_PAUSE_MS = 1_000;

export interface BullmqQueueParts extends Runtime {
  readonly redis: RedisConnection;
  readonly keys: RedisKeys;
  readonly owner: Owner;
  /** How long leases last. Default: 15 s, renewed every 5 s. */
  readonly times?: LeaseTimes;
}

export class BullmqQueue implements TaskQueue, Leases {
  readonly #context: BullmqContext;
  readonly #fetcher: Fetcher;
  readonly #feed: EventFeed;
  /** Jobs that came by a claim in the middle of somebody's attempt: for the next look at orphans. */
  #strays: Orphan[] = [];
  #cancels: { close(): void } | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: BullmqQueueParts) {
    const { redis, keys, owner, times = LEASE_TIMES } = parts;
    const name = `${owner.service_id}:${parts.token()}:`;
    const leases = new LeaseKeeper({ ...parts, name, times });
    let losses = 0;
    // A cluster's client says "close" when its last node is gone, and "-node" for each: before what was
    // lost with it is sent again, since that waits first. A node that leaves the cluster counts too.
    for (const event of ["close", "-node"]) redis.client.on(event, () => losses++);
    const context = {
      ...parts,
      leases,
      backend: openBackend(redis, keys, times),
      complaints: new Complaints(),
      faults: new EachSaidOnce(),
      losses: () => losses,
    };
    this.#fetcher = new Fetcher(context);
    this.#context = { ...context, next: this.#fetcher };
    this.#feed = new EventFeed(this.#context);
  }

  token(task_id: string): string | undefined {
    return this.#context.leases.token(task_id);
  }

  isValid(task_id: string): boolean {
    return this.#context.leases.isValid(task_id);
  }

  enqueue(request: TaskRequest & { id?: string }): Promise<Enqueued> {
    return enqueueTask(this.#context, request);
  }

  async claim(signal: AbortSignal): Promise<ClaimedTask | undefined> {
    this.#cancels ??= this.#listenToCancels();
    while (!signal.aborted) {
      const job = await this.#fetcher.next(signal);
      if (job === undefined) return undefined;
      const task = await this.#tryClaim(job);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  async #tryClaim(job: HeldJob): Promise<ClaimedTask | undefined> {
    const { elapsed, leases } = this.#context;
    const claimedAt = elapsed();
    // It may have been asked for long ago, while the server was out of reach.
    await leases.refresh(job.lease);
    if (job.lease.lost.aborted) {
      leases.remove(job.lease);
      return undefined;
    }
    try {
      const judged = await judgeWaiting(this.#context, job, false);
      if (judged.kind === "orphan") this.#strays.push({ lease: job.lease, record: judged.record });
      if (judged.kind !== "task") return undefined;
      return new BullmqClaimedTask(this.#context, job.lease, judged.record, claimedAt);
    } catch (error) {
      const { task_id } = job.lease;
      log.error`task ${task_id} could not be claimed and is tried again: ${error}`;
      await putOff(this.#context, job.lease, FAULT_PAUSE_MS);
      return undefined;
    }
  }

  async orphans(): Promise<ClaimedTask[]> {
    const found = await findOrphans(this.#context);
    // Only now: where the look fails they are kept for the next one.
    return [...this.#strays.splice(0), ...found].map(({ lease, record }) =>
      new BullmqClaimedTask(this.#context, lease, record)
    );
  }

  async get(id: string): Promise<Task | undefined> {
    const job = await findJob(this.#context, id);
    return job === undefined ? undefined : asTask(job);
  }

  ids(states: readonly TaskState[] = TASK_STATES): Promise<string[]> {
    return idsIn(this.#context, states);
  }

  list(filter: TaskFilter & { readonly limit: number }): Promise<Task[]> {
    return listTasks(this.#context, filter);
  }

  each(filter: TaskFilter): AsyncIterable<Task> {
    return eachTask(this.#context, filter);
  }

  watch(onChange: (id: string | undefined) => void): QueueWatch {
    return this.#feed.listen((job_id) => {
      const id = job_id === undefined ? undefined : taskIdOf(job_id);
      if (id === undefined || isId(id)) onChange(id);
    });
  }

  cancel(id: string, signal?: AbortSignal): Promise<{ ok: true; task: Task } | Refusal> {
    return cancelTask(this.#context, id, signal);
  }

  retry(id: string, { fresh }: { fresh: boolean }): Promise<{ ok: true; task: Task } | Refusal> {
    return retryTask(this.#context, id, fresh);
  }

  prune(id: string, options: PruneOptions = {}): Promise<{ ok: true; task: Task } | PruneRefusal> {
    return pruneTask(this.#context, id, options);
  }

  ended(id: string, signal: AbortSignal): Promise<Task | undefined> {
    return awaitEnd(this.#context, this.#feed, id, signal);
  }

  async outstanding(): Promise<Outstanding> {
    const { redis, keys, now } = this.#context;
    const [running = 0, due = 0, retrying = 0, scheduled = 0] = await redis.ask((client) =>
      OUTSTANDING.run(client, [keys.state(""), keys.retrying], [now()])
    ) as number[];
    return { running, due, retrying, scheduled };
  }

  close(): void {
    this.#closed ??= this.#close();
  }

  /**
   * After `close`: resolves when its own connections are gone, and what came too late to be claimed
   * was put back.
   */
  async closed(): Promise<void> {
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#cancels?.close();
    await Promise.all([this.#fetcher.close(), this.#feed.close()]);
    for (const { lease } of this.#strays.splice(0)) letGo(this.#context, lease);
    this.#context.leases.close();
    await this.#context.backend.close();
  }

  #listenToCancels(): { close(): void } {
    const { redis, keys, leases } = this.#context;
    const look = () => void leases.renew();
    return redis.subscribe(keys.channels.cancels, (id) => {
      if (leases.token(id) !== undefined) look();
    }, look);
  }
}
