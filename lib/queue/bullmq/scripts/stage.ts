import { TELL } from "../../../notifications/redis_notifications.ts";
import { Script } from "../../../redis/script.ts";
import { IS_MEANT } from "./is_meant.ts";

/**
 * Decides how a job that the caller holds ends: writes its record, with the ending in it, and its
 * notification, which there is once whatever is repeated. What is left to do is BullMQ's own move.
 * That is sent along and not waited for, under the second token: it finds the lock to be that one only
 * where this script has succeeded.
 *
 * KEYS: job, lock, unread, told, cancel request, the set of tasks between attempts, original.
 * ARGV: token, job id, data, target state, notification's id ("" for none), its JSON, incarnation,
 * run, "1" where it waits for its next attempt, "1" where the old data is kept as it came, the second
 * token.
 *
 * Answers LOST, CANCELLED (a put-back that a cancel request forbids: nothing was written) or OK.
 */
export const STAGE = new Script(
  "btsStage",
  `${IS_MEANT}${TELL}
local held = redis.call("GET", KEYS[2])
if held ~= ARGV[1] and held ~= ARGV[11] or redis.call("EXISTS", KEYS[1]) == 0 then return "LOST" end
if ARGV[4] == "pending" then
  local request = redis.call("GET", KEYS[5])
  if request and is_meant(request, ARGV[7], ARGV[8]) then return "CANCELLED" end
end
-- First what a foreign key of the same name can refuse: then nothing was written.
if ARGV[5] ~= "" then tell(KEYS[3], KEYS[4], ARGV[5], ARGV[6]) end
if ARGV[10] == "1" then
  local old = redis.call("HGET", KEYS[1], "data")
  if old and old ~= ARGV[3] then redis.call("SET", KEYS[7], old) end
end
redis.call("HSET", KEYS[1], "data", ARGV[3])
redis.call("SET", KEYS[2], ARGV[11], "KEEPTTL")
redis.call("DEL", KEYS[5])
if ARGV[9] == "1" then redis.call("SADD", KEYS[6], ARGV[2])
else redis.call("SREM", KEYS[6], ARGV[2]) end
return "OK"
`,
  7,
);
