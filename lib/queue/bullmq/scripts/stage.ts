import { TELL } from "../../../notifications/redis_notifications.ts";
import { Script } from "../../../redis/script.ts";
import { IS_MEANT } from "./is_meant.ts";

/**
 * Decides how a job that the caller holds ends: writes its record, with the ending in it, and its
 * notification, which there is once whatever is repeated. What is left to do is BullMQ's own move.
 * That is sent along and not waited for, under the second token: it finds the lock to be that one only
 * where this script has succeeded.
 *
 * KEYS: job, cancel request, unread, told, the set of tasks between attempts, original. ARGV: token,
 * second token, data, what to do, job id, then for "tell" the notification's id and its JSON, for
 * "back" and "later" incarnation and run. What to do is a list of words: "tell" the conversation; put
 * it "back", to wait for its next attempt "later"; "keep" the old data as it came.
 *
 * Answers LOST, CANCELLED (a put-back that a cancel request forbids: nothing was written) or OK.
 */
export const STAGE = new Script(
  "btsStage",
  `${IS_MEANT}${TELL}
local job, lock, what = KEYS[1], KEYS[1] .. ":lock", ARGV[4]
local held = redis.call("GET", lock)
if held ~= ARGV[1] and held ~= ARGV[2] or redis.call("EXISTS", job) == 0 then return "LOST" end
local is_back = string.find(what, "back")
if is_back then
  local request = redis.call("GET", KEYS[2])
  if request and is_meant(request, ARGV[6], ARGV[7]) then return "CANCELLED" end
end
-- First what a foreign key of the same name can refuse: then nothing was written.
if string.find(what, "tell") then tell(KEYS[3], KEYS[4], ARGV[6], ARGV[7]) end
if string.find(what, "later") then redis.call("SADD", KEYS[5], ARGV[5])
else redis.call("SREM", KEYS[5], ARGV[5]) end
if string.find(what, "keep") then
  local old = redis.call("HGET", job, "data")
  if old and old ~= ARGV[3] then redis.call("SET", KEYS[6], old) end
end
redis.call("HSET", job, "data", ARGV[3])
redis.call("SET", lock, ARGV[2], "KEEPTTL")
redis.call("DEL", KEYS[2])
return "OK"
`,
  6,
);
