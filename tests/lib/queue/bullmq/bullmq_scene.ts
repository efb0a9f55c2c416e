/** Storages as they are opened on a Redis server of the test's own, by one process or several. */
import { RedisArtifacts } from "../../../../lib/artifacts/redis_artifacts.ts";
import { RedisJournals } from "../../../../lib/journal/redis_journals.ts";
import { RedisNotifications } from "../../../../lib/notifications/redis_notifications.ts";
import { BullmqQueue } from "../../../../lib/queue/bullmq/bullmq_queue.ts";
import type { LeaseTimes } from "../../../../lib/queue/bullmq/lease_keeper.ts";
import { RedisKeys } from "../../../../lib/redis/keys.ts";
import { connect, type RedisConnection } from "../../../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../../../lib/redis/redis_url.ts";
import { systemRuntime } from "../../../../lib/runtime.ts";

/** What one is opened with. */
export interface OpenOptions {
  readonly service_id?: string;
  readonly times?: LeaseTimes;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Leases that run out while a test waits. */
export const SHORT: LeaseTimes = { lock_ms: 600, renew_ms: 200, margin_ms: 50 };

/** One process's view of the tasks. */
export class OpenQueue implements AsyncDisposable {
  readonly queue: BullmqQueue;
  readonly keys: RedisKeys;
  readonly notifications: RedisNotifications;
  readonly journals: RedisJournals;
  readonly artifacts: RedisArtifacts;

  private constructor(readonly redis: RedisConnection, prefix: string, options: OpenOptions) {
    const { service_id = "service-a", times, now = Date.now } = options;
    this.keys = new RedisKeys(prefix);
    const owner = { service_id, pid: Deno.pid, host: "here" };
    const parts = { ...systemRuntime, now, redis, keys: this.keys };
    this.queue = new BullmqQueue({ ...parts, owner, ...(times === undefined ? {} : { times }) });
    this.notifications = new RedisNotifications(parts);
    this.journals = new RedisJournals({ ...parts, leases: this.queue });
    this.artifacts = new RedisArtifacts({ ...parts, leases: this.queue });
  }

  /** @param url the server's, perhaps with a prefix */
  static async open(url: string, options: OpenOptions = {}): Promise<OpenQueue> {
    const target = parseRedisUrl(url);
    const redis = await connect(target, { patience_ms: 10_000, retryForever: true });
    return new OpenQueue(redis, target.prefix, options);
  }

  /** What a job's hash holds. */
  job(job_id: string): Promise<Record<string, string>> {
    return this.redis.ask((client) => client.hgetall(this.keys.job(job_id)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.queue.close();
    await this.queue.closed();
    await this.redis.close();
  }
}
