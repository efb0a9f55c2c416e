import type { Disk } from "../../../lib/disk/disk.ts";
import { prepareTree } from "../../../lib/disk/prepare_tree.ts";
import { filePlace } from "../../../lib/move/file_place.ts";
import { FileTaskStore } from "../../../lib/move/file_task_store.ts";
import type { MoveOptions } from "../../../lib/move/move_tasks.ts";
import { redisPlace } from "../../../lib/move/redis_place.ts";
import { RedisTaskStore } from "../../../lib/move/redis_task_store.ts";
import type { RedisClient } from "../../../lib/redis/redis_client.ts";
import { connect, type RedisConnection } from "../../../lib/redis/redis_connection.ts";
import { parseRedisUrl, type RedisTarget } from "../../../lib/redis/redis_url.ts";
import type { Contents } from "./contents.ts";
import { contentsOfRedis } from "./contents_of_redis.ts";

/** A directory as a place to move from or to; made where it is not there. */
export async function fileStore(
  root: string,
  { durability = "relaxed", disk }: {
    readonly durability?: "full" | "relaxed";
    readonly disk?: Disk;
  } = {},
): Promise<FileTaskStore> {
  const place = filePlace(root, durability, disk);
  await prepareTree(place.disk, place.layout, place.now(), place.flusher);
  return new FileTaskStore(place);
}

/** Nobody interrupts, and nobody is told how far it is. */
export const QUIET: MoveOptions = {
  interrupted: new AbortController().signal,
  onProgress: () => {},
};

/** A Redis server as a place to move from or to, with its connection in hand. */
export class RedisRoom implements AsyncDisposable {
  private constructor(
    private readonly target: RedisTarget,
    private readonly connection: RedisConnection,
  ) {}

  static async open(url: string): Promise<RedisRoom> {
    const target = parseRedisUrl(url);
    const connection = await connect(target, { patience_ms: 5_000, retryForever: false });
    return new RedisRoom(target, connection);
  }

  get client(): RedisClient {
    return this.connection.client;
  }

  /**
   * @param hook called before each command that the store gives to the server
   */
  store(hook: () => void = () => {}): RedisTaskStore {
    const ask: RedisConnection["ask"] = async (command) => {
      hook();
      return await this.connection.ask(command);
    };
    const redis: RedisConnection = Object.create(this.connection, { ask: { value: ask } });
    // A test need not wait for a dead process's mark as long as people may.
    return new RedisTaskStore({ ...redisPlace(this.target, this.connection), redis }, {
      life: 600,
      renew: 150,
    });
  }

  contents(): Promise<Contents> {
    return contentsOfRedis(this.client, this.target.prefix);
  }

  async clear(): Promise<void> {
    await this.client.flushdb();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}
