import { FORGET } from "../../../notifications/forget_script.ts";
import { Script } from "../../../redis/script.ts";
import { DELETE_JOB } from "./delete_job.ts";

/**
 * Removes a job that has ended with all that belongs to its task, if it is still the one that was
 * read: all of it or nothing.
 *
 * KEYS: base, unread, told, the set of tasks between attempts, then what is the task's alone. ARGV: id,
 * the data that was read, "1" where an unread notification does not matter, its notifications' ids.
 * Answers "moved" (it is not what was read), "unread" or "pruned".
 */
export const PRUNE = new Script(
  "btsPrune",
  `${FORGET}${DELETE_JOB}
local base, id = KEYS[1], ARGV[1]
local state = redis.call("ZSCORE", base .. "completed", id) and "completed"
  or redis.call("ZSCORE", base .. "failed", id) and "failed"
if not state then return "moved" end
if redis.call("HGET", base .. id, "data") ~= ARGV[2] then return "moved" end
if ARGV[3] ~= "1" then
  for i = 4, #ARGV do
    local entry = redis.call("HGET", KEYS[3], ARGV[i])
    -- Once it was shown its JSON is here, before that the place where it waits.
    if entry and string.sub(entry, 1, 1) ~= "{" then return "unread" end
  end
end
forget(KEYS[2], KEYS[3], {unpack(ARGV, 4)})
redis.call("SREM", KEYS[4], id)
for i = 5, #KEYS do redis.call("DEL", KEYS[i]) end
redis.call("ZREM", base .. "completed", id)
redis.call("ZREM", base .. "failed", id)
delete_job(base, id, state)
return "pruned"
`,
  8,
);
