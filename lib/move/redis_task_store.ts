/** A Redis server as a place to move tasks from or to. */
import type { RedisTarget } from "../redis/redis_url.ts";
import type { TaskStore } from "./task_store.ts";

export function openRedisTaskStore(_target: RedisTarget): Promise<TaskStore> {
  return Promise.reject(new Error("not yet"));
}
