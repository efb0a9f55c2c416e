import { LuaScript } from "../lua_script.ts";

/**
 * Removes a job that has ended with all that belongs to its task, if it is still the one that was
 * read: all of it or nothing.
 *
 * KEYS: base, told, unread, the set of tasks between attempts, then what is the task's alone. ARGV: id,
 * the data that was read, "1" where an unread notification does not matter, its notifications' ids.
 * Answers "moved" (it is not what was read), "unread" or "pruned".
 */
export const PRUNE = new LuaScript(
  "btsPrune",
  undefined,
  `local base, id = KEYS[1], ARGV[1]
local job = base .. id
if not redis.call("ZSCORE", base .. "completed", id) and not redis.call("ZSCORE", base .. "failed", id)
then return "moved" end
if redis.call("HGET", job, "data") ~= ARGV[2] then return "moved" end
local told = {}
for i = 4, #ARGV do
  local entry = redis.call("HGET", KEYS[2], ARGV[i])
  -- Once it was shown its JSON is here, before that the place where it waits.
  if entry then
    local is_unread = string.sub(entry, 1, 1) ~= "{"
    if is_unread and ARGV[3] ~= "1" then return "unread" end
    table.insert(told, {ARGV[i], is_unread and entry})
  end
end
for _, each in ipairs(told) do
  if each[2] then redis.call("XDEL", KEYS[3], each[2]) end
  redis.call("HDEL", KEYS[2], each[1])
end
if redis.call("XLEN", KEYS[3]) == 0 then redis.call("DEL", KEYS[3]) end
redis.call("SREM", KEYS[4], id)
for i = 5, #KEYS do redis.call("DEL", KEYS[i]) end
redis.call("ZREM", base .. "completed", id)
redis.call("ZREM", base .. "failed", id)
redis.call("DEL", job, job .. ":lock", job .. ":logs", job .. ":dependencies", job .. ":processed",
  job .. ":failed", job .. ":unsuccessful")
redis.call("XADD", base .. "events", "MAXLEN", "~", 10000, "*", "event", "removed", "jobId", id,
  "prev", "completed")
return "pruned"
`,
);
