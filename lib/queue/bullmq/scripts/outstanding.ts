import { Script } from "../../../redis/script.ts";

/**
 * Counts what there is to do, without reading a record; forgets tasks between attempts that are gone.
 *
 * KEYS: base, the set of tasks between attempts. ARGV: now, milliseconds since the epoch. Answers
 * running, due, retrying and scheduled.
 */
export const OUTSTANDING = new Script(
  "btsOutstanding",
  `local base = KEYS[1]
local running = redis.call("LLEN", base .. "active")
local due = redis.call("LLEN", base .. "wait") + redis.call("LLEN", base .. "paused")
  + redis.call("ZCARD", base .. "prioritized")
-- BullMQ keeps twelve bits of order below the millisecond.
local limit = (tonumber(ARGV[1]) + 1) * 4096 - 1
local come = redis.call("ZCOUNT", base .. "delayed", "-inf", limit)
local retrying = 0
for _, id in ipairs(redis.call("SMEMBERS", KEYS[2])) do
  local score = redis.call("ZSCORE", base .. "delayed", id)
  if score and tonumber(score) > limit then retrying = retrying + 1
  -- Another program has removed the job.
  elseif not score and redis.call("EXISTS", base .. id) == 0 then redis.call("SREM", KEYS[2], id) end
end
local waiting = redis.call("ZCARD", base .. "delayed") - come
return {running, due + come, retrying, waiting - retrying}
`,
  2,
);
