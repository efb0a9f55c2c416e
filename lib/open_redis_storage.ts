/** The storage on a Redis server: loaded only where QUEUE_URL asks for it. */
import { RedisArtifacts } from "./artifacts/redis_artifacts.ts";
import { RedisJournals } from "./journal/redis_journals.ts";
import { RedisNotifications } from "./notifications/redis_notifications.ts";
import { RedisPresence } from "./presence/redis_presence.ts";
import { BullmqQueue } from "./queue/bullmq/bullmq_queue.ts";
import { systemRuntime } from "./runtime.ts";
import type { OpenRedisStorage } from "./storage.ts";
import { RedisUpkeep } from "./upkeep/redis/redis_upkeep.ts";
import { assertOwnKeys } from "./redis/foreign_keys.ts";
import { RedisKeys } from "./redis/keys.ts";
import { connect } from "./redis/redis_connection.ts";
import { parseRedisUrl } from "./redis/redis_url.ts";
import { orAborted } from "./redis/until_aborted.ts";

/** A command of main's says so when its server has not been there for so long. Milliseconds. */
const PATIENCE_MS = 10_000;

export const openRedisStorage: OpenRedisStorage = async (config, owner, local, options) => {
  const target = parseRedisUrl(config.queue_url);
  const redis = await connect(
    target,
    options.waits === undefined
      ? { patience_ms: PATIENCE_MS, retryForever: false }
      : { patience_ms: Infinity, retryForever: true, signal: options.waits },
  );
  const parts = { ...systemRuntime, redis, keys: new RedisKeys(target.prefix) };
  try {
    await orAborted(assertOwnKeys(redis, parts.keys), options.waits);
  } catch (error) {
    await redis.close();
    throw error;
  }
  const queue = new BullmqQueue({ ...parts, owner });
  return {
    ...local,
    queue,
    notifications: new RedisNotifications(parts),
    journals: new RedisJournals({ ...parts, leases: queue }),
    artifacts: new RedisArtifacts({ ...parts, leases: queue }),
    presence: new RedisPresence(parts),
    upkeep: new RedisUpkeep({ ...parts, durability: config.durability }),
    hurry: () => redis.hurry(),
    close: async () => {
      queue.close();
      await queue.closed();
      await redis.close();
    },
  };
};
