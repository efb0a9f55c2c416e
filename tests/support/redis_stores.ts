/** The stores on a Redis server of the test's own, with leases that the test decides about. */
import { RedisArtifacts } from "../../lib/artifacts/redis_artifacts.ts";
import { RedisJournals } from "../../lib/journal/redis_journals.ts";
import { RedisNotifications } from "../../lib/notifications/redis_notifications.ts";
import { RedisPresence } from "../../lib/presence/redis_presence.ts";
import type { Leases } from "../../lib/redis/fence.ts";
import { jobIdOf } from "../../lib/redis/job_id.ts";
import { RedisKeys } from "../../lib/redis/keys.ts";
import { connect, type RedisConnection } from "../../lib/redis/redis_connection.ts";
import { parseRedisUrl } from "../../lib/redis/redis_url.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { RedisServer } from "./redis_server.ts";

/** Leases as the queue would keep them. */
export class TestLeases implements Leases {
  readonly #tokens = new Map<string, string>();
  /** What `isValid` answers. */
  valid = true;

  constructor(private readonly redis: RedisConnection, private readonly keys: RedisKeys) {}

  token(task_id: string): string | undefined {
    return this.#tokens.get(task_id);
  }

  isValid(task_id: string): boolean {
    return this.valid && this.#tokens.has(task_id);
  }

  /** Takes a task's lock, whoever has it. */
  async take(task_id: string, job_id: string = jobIdOf(task_id)): Promise<void> {
    const token = crypto.randomUUID();
    await this.redis.ask((client) => client.set(this.keys.lock(job_id), token));
    this.#tokens.set(task_id, token);
  }
}

/** One process's stores. */
export class RedisStores implements AsyncDisposable {
  readonly keys: RedisKeys;
  readonly leases: TestLeases;
  readonly notifications: RedisNotifications;
  readonly journals: RedisJournals;
  readonly artifacts: RedisArtifacts;
  readonly presence: RedisPresence;

  private constructor(readonly redis: RedisConnection, prefix: string) {
    this.keys = new RedisKeys(prefix);
    const parts = { ...systemRuntime, redis, keys: this.keys };
    this.leases = new TestLeases(redis, this.keys);
    const fenced = { ...parts, leases: this.leases };
    this.notifications = new RedisNotifications(parts);
    this.journals = new RedisJournals(fenced);
    this.artifacts = new RedisArtifacts(fenced);
    this.presence = new RedisPresence(parts);
  }

  static async open(server: RedisServer, prefix = "bts"): Promise<RedisStores> {
    const target = parseRedisUrl(server.urlWith({ query: `prefix=${prefix}` }));
    const redis = await connect(target, { patience_ms: 10_000, retryForever: true });
    return new RedisStores(redis, prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis.close();
  }
}
