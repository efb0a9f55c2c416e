/** The upkeep of tasks that are on a Redis server. */
import { judgeServer, readServer } from "../../redis/server_check.ts";
import type { Examination, KeptTask, Upkeep } from "../upkeep.ts";
import { examineServer, type Server } from "./examine_server.ts";
import { sizesOf } from "./task_sizes.ts";

export class RedisUpkeep implements Upkeep {
  readonly place: string;
  readonly removes_slowly = false;

  constructor(private readonly server: Server) {
    const { place, target: { db, prefix } } = server.redis;
    this.place = `Redis at ${place}, ${db === 0 ? "" : `database ${db}, `}prefix ${prefix}`;
  }

  async warnings(): Promise<readonly string[]> {
    const { redis, durability } = this.server;
    return judgeServer(await readServer(redis), durability, redis.place);
  }

  artifactPath(): undefined {
    return undefined;
  }

  originalOf(task_id: string): string {
    return `what is under ${this.server.keys.original(task_id)}`;
  }

  async sizesOf(tasks: readonly KeptTask[]): Promise<readonly number[]> {
    return await sizesOf(this.server, tasks);
  }

  async examine(): Promise<Examination> {
    return await examineServer(this.server);
  }
}
