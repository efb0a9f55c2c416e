/** Renews the locks of all jobs that this process holds, and says which of them still count. */
import { getLogger } from "@logtape/logtape";
import type { Leases } from "../../redis/fence.ts";
import { jobIdsOf } from "../../redis/job_id.ts";
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import type { Runtime, Timer } from "../../runtime.ts";
import { SaidOnce } from "../../said_once.ts";
import type { Instant, Lease } from "./lease.ts";
import { RENEW } from "./scripts/renew.ts";

const log = getLogger(["bts", "queue"]);

/** All in milliseconds. */
export interface LeaseTimes {
  /** A job whose lock was not renewed for so long is anybody's, by the server's clock. */
  readonly lock_ms: number;
  /** Locks are renewed this often. */
  readonly renew_ms: number;
  /** So much earlier than the server the holder itself takes a lease for lost. */
  readonly margin_ms: number;
}

export const LEASE_TIMES: LeaseTimes = { lock_ms: 15_000, renew_ms: 5_000, margin_ms: 1_500 };

/** Between two renewals the holder looks this often whether its leases still count. */
const LOOKS = 5;

export interface KeeperParts extends Pick<Runtime, "elapsed" | "now" | "every"> {
  readonly redis: Pick<RedisConnection, "ask">;
  readonly keys: RedisKeys;
  /** How the tokens of this process begin, and nobody else's. */
  readonly name: string;
  readonly times: LeaseTimes;
}

export class LeaseKeeper implements Leases {
  /** By the job's id. */
  readonly #leases = new Map<string, Lease>();
  readonly #fault = new SaidOnce();
  #tokens = 0;
  #timer: Timer | undefined;
  #looks = 0;
  #isRenewing = false;

  constructor(private readonly parts: KeeperParts) {}

  /** The lock's time in milliseconds. */
  get lock_ms(): number {
    return this.parts.times.lock_ms;
  }

  /** How the tokens of this process begin. */
  get name(): string {
    return this.parts.name;
  }

  /** A token that was never used before. */
  newToken(): string {
    return `${this.parts.name}${++this.#tokens}`;
  }

  instant(): Instant {
    return { elapsed: this.parts.elapsed(), now: this.parts.now() };
  }

  /** How many jobs are held. */
  get size(): number {
    return this.#leases.size;
  }

  /** Whether a job is known to be held under a token. */
  holds(job_id: string, token: string): boolean {
    return this.#leases.get(job_id)?.isOf(token) ?? false;
  }

  /** The lease of a task, if this process has one. */
  of(task_id: string): Lease | undefined {
    for (const job_id of jobIdsOf(task_id)) {
      const lease = this.#leases.get(job_id);
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  token(task_id: string): string | undefined {
    return this.of(task_id)?.token;
  }

  isValid(task_id: string): boolean {
    const lease = this.of(task_id);
    return lease !== undefined && this.isFresh(lease);
  }

  /** Whether nobody else can have the job yet. */
  isFresh(lease: Lease): boolean {
    const { lock_ms, margin_ms } = this.parts.times;
    return !lease.lost.aborted && this.#age(lease) < lock_ms - margin_ms;
  }

  /** Whoever held the job here before does not any more: its lock was gone, and nobody else's. */
  add(lease: Lease): void {
    const other = this.#leases.get(lease.job_id);
    if (other !== undefined && other !== lease && !other.isEnding) {
      this.#lose(other, "its lock was gone, and it was taken anew");
    }
    this.#leases.set(lease.job_id, lease);
    this.#timer ??= this.parts.every(this.parts.times.renew_ms / LOOKS, () => this.#tick());
  }

  remove(lease: Lease): void {
    if (this.#leases.get(lease.job_id) === lease) this.#leases.delete(lease.job_id);
  }

  /** Makes sure of a lease whose confirmation is old. */
  async refresh(lease: Lease): Promise<void> {
    if (this.#age(lease) > this.parts.times.renew_ms) await this.#renew([lease]);
  }

  /** Renews all, and sees their cancel requests on the way. */
  async renew(): Promise<void> {
    await this.#renew([...this.#leases.values()]);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // One clock stands still while the machine sleeps, the other can be set back: the longer time
  // counts.
  #age({ confirmed }: Lease): number {
    const { elapsed, now } = this.instant();
    return Math.max(elapsed - confirmed.elapsed, now - confirmed.now);
  }

  #tick(): void {
    if (this.#leases.size === 0) return this.close();
    for (const lease of this.#leases.values()) {
      if (!lease.isEnding && !this.isFresh(lease)) this.#lose(lease, "it was not renewed in time");
    }
    if (++this.#looks % LOOKS !== 0 || this.#isRenewing) return;
    this.#isRenewing = true;
    void this.renew().finally(() => this.#isRenewing = false);
  }

  async #renew(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    const { redis, keys, times } = this.parts;
    const sent = this.instant();
    const at = [keys.state(""), keys.cancel("")];
    const jobs = leases.flatMap(({ job_id, task_id, token, lastToken = token }) => [
      job_id,
      task_id,
      token,
      lastToken,
    ]);
    try {
      const answer = await redis.ask((client) =>
        RENEW.run(client, at, [times.lock_ms, ...jobs])
      ) as string[];
      for (const [i, lease] of leases.entries()) {
        this.#note(lease, answer[2 * i] === "1", answer[2 * i + 1] ?? "", sent);
      }
      this.#fault.over();
    } catch (error) {
      if (this.#fault.isNews(error)) log.warning`leases could not be renewed: ${error}`;
    }
  }

  #note(lease: Lease, isHeld: boolean, request: string, sent: Instant): void {
    if (lease.isEnding || this.#leases.get(lease.job_id) !== lease) return;
    if (!isHeld) return this.#lose(lease, "its lock is gone");
    lease.confirmed = sent;
    if (request !== "") lease.onRequest?.(request);
  }

  #lose(lease: Lease, why: string): void {
    if (lease.lost.aborted) return;
    log.warning("the lease of task {id} is lost: {why}", { id: lease.task_id, why });
    lease.lose();
  }
}
