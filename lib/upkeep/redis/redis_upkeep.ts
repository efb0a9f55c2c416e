/** The upkeep of tasks that are in Redis. */
import type { RedisKeys } from "../../redis/keys.ts";
import type { RedisConnection } from "../../redis/redis_connection.ts";
import { checkServer, type ServerExpectations } from "../../redis/server_check.ts";
import type { Examination, KeptTask, Upkeep } from "../upkeep.ts";
import { examineServer } from "./examine_server.ts";
import { sizesOf } from "./task_sizes.ts";

export interface RedisUpkeepParts {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  /** What the operator expects after a power cut. */
  readonly durability: "full" | "relaxed";
}

export class RedisUpkeep implements Upkeep {
  readonly place: string;
  readonly removes_slowly = false;

  constructor(private readonly parts: RedisUpkeepParts) {
    const { place, target: { db, prefix } } = parts.connection;
    this.place = `Redis at ${place}, ${db === 0 ? "" : `database ${db}, `}prefix ${prefix}`;
  }

  async warnings(): Promise<readonly string[]> {
    return await checkServer(this.parts);
  }

  artifactPath(): undefined {
    return undefined;
  }

  originalOf(task_id: string): string {
    return `the text under ${this.parts.keys.original(task_id)} in Redis`;
  }

  async sizesOf(tasks: readonly KeptTask[]): Promise<readonly number[]> {
    return await sizesOf(this.parts, tasks);
  }

  async examine(): Promise<Examination> {
    return await examineServer(this.parts);
  }
}
