import { Script } from "../../../redis/script.ts";
import { STATE_OF } from "./state_of.ts";

/**
 * Takes hold of one job: of one that waits, wherever it does, or of an active one that nobody holds.
 *
 * KEYS: base. ARGV: id, token, the lock's time in milliseconds, a token that counts as nobody's: where
 * it is given nothing but an active job is taken; now, milliseconds since the epoch. Answers [state it
 * was in], or [state, data, timestamp, options, stalled counter] where it is the caller's now.
 */
export const TAKE = new Script(
  "btsTake",
  `${STATE_OF}
local base, id, token = KEYS[1], ARGV[1], ARGV[2]
local lock = base .. id .. ":lock"
local state = state_of(base, id)
if state == "" or state == "completed" or state == "failed" then return {state} end
if state == "active" then
  local held = redis.call("GET", lock)
  if held and held ~= token and held ~= ARGV[4] then return {state} end
elseif ARGV[4] ~= "" then
  return {state}
else
  if state == "wait" or state == "paused" then redis.call("LREM", base .. state, 1, id)
  else redis.call("ZREM", base .. state, id) end
  redis.call("LPUSH", base .. "active", id)
  -- As for one that is fetched: who shows jobs counts from there to their end.
  redis.call("HSET", base .. id, "processedOn", ARGV[5])
  redis.call("XADD", base .. "events", "MAXLEN", "~", 10000, "*", "event", "active", "jobId", id,
    "prev", "waiting")
end
redis.call("SET", lock, token, "PX", ARGV[3])
local job = redis.call("HMGET", base .. id, "data", "timestamp", "opts", "stc")
return {state, job[1] or "", job[2] or "", job[3] or "", job[4] or ""}
`,
  1,
);
