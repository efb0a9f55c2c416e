/** Artifacts in Redis: a hash for each task. */
import { Buffer } from "node:buffer";
import { FENCE, held, type Leases, lockKeys, tokenOf } from "../redis/fence.ts";
import type { RedisKeys } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/redis_connection.ts";
import { Script } from "../redis/script.ts";
import { assertArtifactName, isArtifactName } from "./artifact_name.ts";
import type { Artifacts } from "./artifacts.ts";

/** A larger one would hold up everybody while it is sent, and fill the server's memory. */
export const MAX_ARTIFACT_BYTES = 16 * 1024 * 1024;

/** KEYS: lock, lock, artifacts. ARGV: token, name, bytes. */
const WRITE = new Script(
  "btsArtifactWrite",
  `${FENCE}
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
  return 'OK'`,
  3,
);

export class RedisArtifacts implements Artifacts {
  constructor(
    private readonly context: {
      readonly redis: RedisConnection;
      readonly keys: RedisKeys;
      readonly leases: Leases;
    },
  ) {}

  /** @throws {LeaseLost} when this process does not hold the task any more */
  async write(task_id: string, name: string, bytes: Uint8Array): Promise<string> {
    assertArtifactName(name);
    if (bytes.length > MAX_ARTIFACT_BYTES) {
      throw new RangeError(
        `cannot keep the artifact "${name}": it has ${bytes.length} bytes, and on Redis at most ` +
          `${MAX_ARTIFACT_BYTES} are kept; let the tool put it elsewhere, such as a directory or a ` +
          "store that it may write to, and answer with its place",
      );
    }
    const { redis, keys, leases } = this.context;
    const places = [...lockKeys(keys, task_id), keys.artifacts(task_id)];
    const args = [tokenOf(leases, task_id), name, bufferOf(bytes)];
    held(leases, task_id, await redis.ask((client) => WRITE.run(client, places, args)));
    return name;
  }

  async list(task_id: string): Promise<string[]> {
    const key = this.context.keys.artifacts(task_id);
    return (await this.context.redis.ask((client) => client.hkeys(key))).sort();
  }

  async size(task_id: string, name: string): Promise<number | undefined> {
    if (!isArtifactName(name)) return undefined;
    const { redis, keys } = this.context;
    const key = keys.artifacts(task_id);
    const length = await redis.ask((client) => client.hstrlen(key, name));
    // Nothing has no length either.
    const isThere = length > 0 || await redis.ask((client) => client.hexists(key, name)) === 1;
    return isThere ? length : undefined;
  }

  async read(
    task_id: string,
    name: string,
    limit: number = MAX_ARTIFACT_BYTES,
  ): Promise<Uint8Array | undefined> {
    if (!isArtifactName(name)) return undefined;
    const { redis, keys } = this.context;
    const key = keys.artifacts(task_id);
    const bytes = await redis.ask((client) => client.hgetBuffer(key, name));
    return bytes === null ? undefined : new Uint8Array(bytes.subarray(0, limit));
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
