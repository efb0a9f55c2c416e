import { Script } from "../../../redis/script.ts";

/**
 * Takes hold of active jobs whose owner's lease has run out, or who let go; names those whose lock is
 * this process's own, which may have lost the answer that gave them.
 *
 * KEYS: base. ARGV: token, the lock's time in milliseconds, how this process's tokens begin, how many
 * are taken at most. Answers two lists: [id, data, timestamp, options, stalled counter] of the taken,
 * [id, token] of its own. A key of another type keeps its own task from being taken, and no other.
 */
export const FIND_ORPHANS = new Script(
  "btsFindOrphans",
  `local base, token, own = KEYS[1], ARGV[1], ARGV[3]
local taken, mine = {}, {}
for _, id in ipairs(redis.call("LRANGE", base .. "active", 0, -1)) do
  local lock = base .. id .. ":lock"
  local held = redis.pcall("GET", lock)
  if held and held ~= token then
    if type(held) == "string" and string.sub(held, 1, #own) == own then table.insert(mine, {id, held}) end
  elseif redis.call("EXISTS", base .. id) == 0 then
    redis.call("LREM", base .. "active", 1, id)
  elseif #taken < tonumber(ARGV[4]) then
    local job = redis.pcall("HMGET", base .. id, "data", "timestamp", "opts", "stc")
    if not job.err then
      redis.call("SET", lock, token, "PX", ARGV[2])
      table.insert(taken, {id, job[1] or "", job[2] or "", job[3] or "", job[4] or ""})
    end
  end
end
return {taken, mine}
`,
  1,
);
