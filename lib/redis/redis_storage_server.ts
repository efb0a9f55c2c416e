import type { Config } from "../config.ts";
import type { StorageServer } from "../storage.ts";
import { jobIdsOf } from "./job_id.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { judgeServer, readServer } from "./server_check.ts";

/** A Redis server as operators ask about it. */
export class RedisStorageServer implements StorageServer {
  readonly place: string;

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly durability: Config["durability"],
  ) {
    this.place = redis.place;
  }

  async warnings(): Promise<string[]> {
    return judgeServer(await readServer(this.redis), this.durability, this.place);
  }

  async now(): Promise<number> {
    const [seconds = 0, microseconds = 0] = await this.redis.ask((client) => client.time());
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  }

  async bytesOf(task_id: string): Promise<number> {
    const { keys } = this;
    const places = [
      ...jobIdsOf(task_id).map((job_id) => keys.job(job_id)),
      keys.journal(task_id),
      keys.artifacts(task_id),
      keys.original(task_id),
    ];
    const sizes = await Promise.all(
      places.map((key) => this.redis.ask((client) => client.memory("USAGE", key))),
    );
    return sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0);
  }
}
