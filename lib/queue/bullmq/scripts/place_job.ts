import { Script } from "../../../redis/script.ts";
import { STATE_OF } from "./state_of.ts";

/**
 * Puts a job into the active, completed or failed state, as BullMQ would have it after its add, its
 * fetch and its end, but in one step: a process that died between those would leave a task that has
 * ended as one that waits to be run.
 *
 * KEYS: base, the tasks in transit. ARGV: id, state, data, name, options as JSON, timestamp,
 * priority, when it was begun, when it ended, its result's field, its result, the task's id.
 * Answers OK, or TAKEN where another job of the id is there.
 */
export const PLACE_JOB = new Script(
  "btsMovePlace",
  `${STATE_OF}
local base, id, state, data, name = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = base .. id
local there = redis.call("HGET", job, "data")
if there then
  if there ~= data or state_of(base, id) ~= state then return "TAKEN" end
  redis.call("HDEL", KEYS[2], ARGV[12])
  return "OK"
end
redis.call("HSET", job, "name", name, "data", data, "opts", ARGV[5], "timestamp", ARGV[6],
  "delay", "0", "priority", ARGV[7], "ats", "1", "processedOn", ARGV[8])
redis.call("XADD", base .. "events", "MAXLEN", "~", 10000, "*", "event", "added", "jobId", id,
  "name", name)
if state == "active" then redis.call("LPUSH", base .. "active", id)
else
  redis.call("HSET", job, "finishedOn", ARGV[9], ARGV[10], ARGV[11], "atm", "1")
  redis.call("ZADD", base .. state, ARGV[9], id)
end
redis.call("HDEL", KEYS[2], ARGV[12])
return "OK"
`,
  2,
);
