/** Fetches jobs for those who wait for one: at most one fetch is under way. */
import { getLogger } from "@logtape/logtape";
import type { JobJson } from "bullmq";
import { taskIdOf } from "../../redis/job_id.ts";
import { disconnect, type RedisClient } from "../../redis/redis_client.ts";
import { RedisProblem } from "../../redis/redis_problem.ts";
import { untilAborted } from "../../redis/until_aborted.ts";
import type { Timer } from "../../runtime.ts";
import { SaidOnce } from "../../said_once.ts";
import type { BullmqContext, NextJob, NextJobs } from "./context.ts";
import { fromBackend, fromFields, type HeldJob } from "./held_job.ts";
import { type Instant, Lease } from "./lease.ts";
import { putBack } from "./let_go.ts";

const log = getLogger(["bts", "queue"]);

/**
 * An idle service looks this often although nothing woke it, in milliseconds: who was woken in its
 * place may have died since.
 */
const LOOK_MS = 2_000;
/** After a fetch that failed for a reason of the server's, in milliseconds. */
const FAULT_PAUSE_MS = 1_000;
/** Leaving waits this long for an answer that is on its way, in milliseconds. */
const CLOSE_PATIENCE_MS = 1_000;
/** Redis before 7.0.8 takes less for no time at all, and waits for ever. Milliseconds. */
const SHORTEST_WAIT_MS = 2;
/** A blocking command that is not answered so long after its time hangs, in milliseconds. */
const PATIENCE_MS = 5_000;
/** A job that came along with an answer is kept for so long until it is claimed, in milliseconds. */
const KEPT_MS = 50;

interface Waiter {
  readonly signal: AbortSignal;
  readonly give: (job: HeldJob | undefined) => void;
}

export class Fetcher implements NextJobs {
  readonly #waiters = new Set<Waiter>();
  readonly #closing = new AbortController();
  /** Tokens of fetches that were not answered yet. */
  readonly #asked = new Set<string>();
  /** Jobs that came without somebody who waits, the oldest first. */
  #kept: { readonly job: HeldJob; readonly since: number }[] = [];
  #keeping: Timer | undefined;
  /** How the last claim is ended: once it is, no other one is expected. */
  #claiming: AbortSignal | undefined;
  /** What has kept the last fetch from its end. */
  readonly #fault = new SaidOnce();
  #blocking: RedisClient | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly context: Omit<BullmqContext, "next">) {}

  isAsked(token: string): boolean {
    return this.#asked.has(token);
  }

  /** Waits for the next job; `undefined` once the signal is aborted or this is closed. */
  next(signal: AbortSignal): Promise<HeldJob | undefined> {
    if (signal.aborted || this.#closing.signal.aborted) return Promise.resolve(undefined);
    this.#claiming = signal;
    const kept = this.#kept.shift();
    if (kept !== undefined) return Promise.resolve(kept.job);
    return new Promise((resolve) => {
      const onAbort = () => waiter.give(undefined);
      const waiter: Waiter = {
        signal,
        give: (job) => {
          this.#waiters.delete(waiter);
          signal.removeEventListener("abort", onAbort);
          resolve(job);
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#waiters.add(waiter);
      this.#running ??= this.#run();
    });
  }

  /**
   * With the end of a task the next one comes along, which saves a turn, where its place is claimed
   * soon: somebody waits, or others run beside it. Who runs one task after the other finds the most
   * urgent one at each claim.
   */
  ask(token: string): NextJob {
    const { leases } = this.context;
    // Where half of what is held was not claimed yet, nobody claims for now.
    const isWanted = this.#isClaimed && this.#kept.length * 2 < leases.size &&
      (this.#waiters.size > 0 || leases.size > 1);
    const sent = leases.instant();
    if (isWanted) this.#asked.add(token);
    return {
      isWanted,
      end: (answer) => {
        this.#asked.delete(token);
        const [fields, id] = Array.isArray(answer) ? answer : [];
        if (Array.isArray(fields) && id) {
          this.#keep(fromFields(this.#hold(id, token, sent), fields));
        }
      },
    };
  }

  /** Ends the waits; resolves when a job that came too late for them was put back. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const waiter of this.#waiters) waiter.give(undefined);
    if (this.#blocking !== undefined) await disconnect(this.#blocking);
    const over = new AbortController();
    // A server that is out of reach keeps nobody from leaving.
    const late = this.context.sleep(CLOSE_PATIENCE_MS, over.signal);
    this.#keeping?.cancel();
    await Promise.race([Promise.all([this.#running, this.#giveBack(Infinity)]), late]);
    over.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiters.size > 0) await this.#round();
    } finally {
      // In the same turn as the last look at the waiters: no one of them is missed.
      this.#running = undefined;
    }
  }

  async #round(): Promise<void> {
    try {
      const wait = await this.#fetch();
      if (this.#fault.over()) log.warning`tasks can be fetched again`;
      if (wait > 0 && this.#waiters.size > 0) await this.#sleep(wait);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const worded = this.context.redis.worded(error);
      // Once, for as long as it lasts. That the connection is lost was said where it was noticed.
      const isSaidElsewhere = worded instanceof RedisProblem && worded.remedy === "time";
      if (!isSaidElsewhere && this.#fault.isNews(worded)) {
        log.error`tasks cannot be fetched, it is tried again: ${worded}`;
      }
      await this.context.sleep(FAULT_PAUSE_MS, this.#closing.signal);
    }
  }

  /** @returns 0 where there may be more, else in how many milliseconds the next one is due */
  async #fetch(): Promise<number> {
    const { backend, redis, leases, now } = this.context;
    const token = leases.newToken();
    const sent = leases.instant();
    this.#asked.add(token);
    try {
      const fetched = await redis.ask(() => backend.moveToActive(token));
      const [job, id, limited = 0, due = 0] = fetched as unknown as Fetched;
      if (job && id) {
        await this.offer(fromBackend(this.#hold(id, token, sent), job));
        return 0;
      }
      if (limited > 0) return Math.min(limited, LOOK_MS);
      return due > 0 ? Math.min(Math.max(due - now(), SHORTEST_WAIT_MS), LOOK_MS) : LOOK_MS;
    } finally {
      this.#asked.delete(token);
    }
  }

  #hold(id: string, token: string, sent: Instant): Lease {
    const lease = new Lease(taskIdOf(id), id, token, sent);
    this.context.leases.add(lease);
    return lease;
  }

  async offer(job: HeldJob): Promise<void> {
    if (this.#waiters.size > 0 || this.#isClaimed) this.#keep(job);
    // Nobody wants it any more. Others are woken for it.
    else await putBack(this.context, job.lease);
  }

  /** Whether another claim is to be expected. */
  get #isClaimed(): boolean {
    return this.#claiming?.aborted === false && !this.#closing.signal.aborted;
  }

  #keep(job: HeldJob): void {
    const [waiter] = this.#waiters;
    if (waiter !== undefined) return waiter.give(job);
    this.#kept.push({ job, since: this.context.elapsed() });
    // One timer for many: under load a kept job is claimed in the same turn.
    this.#keeping ??= this.context.after(KEPT_MS, () => this.#lookAtKept());
  }

  #lookAtKept(): void {
    this.#keeping = undefined;
    const now = this.context.elapsed();
    void this.#giveBack(now - KEPT_MS);
    const [oldest] = this.#kept;
    if (oldest === undefined) return;
    const left = oldest.since + KEPT_MS - now;
    this.#keeping = this.context.after(left, () => this.#lookAtKept());
  }

  /** Gives those back that came at a time or before. */
  async #giveBack(time: number): Promise<void> {
    const late = this.#kept.filter(({ since }) => since <= time);
    this.#kept = this.#kept.filter(({ since }) => since > time);
    await Promise.all(late.map(({ job }) => putBack(this.context, job.lease)));
  }

  // A wake-up is taken from the server by the one who gets it: so the look that follows it must
  // come, or others have to be woken.
  async #sleep(milliseconds: number): Promise<void> {
    const { backend, redis, keys, owner } = this.context;
    // As BullMQ's own workers are called: by that others see which there are.
    const client = this.#blocking ??= redis.blocking(backend.clientName(`:w:${owner.service_id}`));
    const marker = keys.state("marker");
    // Again and again: the connection that is made next may hang too.
    const watchdog = this.context.every(milliseconds + PATIENCE_MS, () => client.disconnect(true));
    try {
      const waiting = client.bzpopmin(marker, milliseconds / 1_000);
      const woken = await untilAborted(waiting, this.#closing.signal) ?? null;
      if (woken === null || this.#waiters.size > 0) return;
      await redis.ask((client) => client.zadd(marker, 0, "0"));
    } finally {
      watchdog.cancel();
    }
  }
}

/** A job and its id; else for how long the queue is held up, and when the next job is due. */
type Fetched = readonly [JobJson | null | undefined, string, number?, number?];
