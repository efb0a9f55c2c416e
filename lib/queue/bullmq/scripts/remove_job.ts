import { FORGET } from "../../../notifications/forget_script.ts";
import { Script } from "../../../redis/script.ts";
import { DELETE_JOB } from "./delete_job.ts";
import { STATE_OF } from "./state_of.ts";

/**
 * Removes a job, whatever state it is in, with all that belongs to its task, if it is still the one
 * that was read: all of it or nothing.
 *
 * KEYS: base, unread, told, the set of tasks between attempts, then what is the task's alone. ARGV:
 * id, the state and the data's SHA-1 that were read, its notifications' ids. Answers CHANGED (it is
 * not what was read, or somebody holds it) or OK.
 */
export const REMOVE_JOB = new Script(
  "btsMoveRemove",
  `${STATE_OF}${FORGET}${DELETE_JOB}
local base, id = KEYS[1], ARGV[1]
local job = base .. id
local data = redis.call("HGET", job, "data")
if not data then return "OK" end
if redis.sha1hex(data) ~= ARGV[3] or state_of(base, id) ~= ARGV[2]
  or redis.call("EXISTS", job .. ":lock") == 1 then return "CHANGED" end
forget(KEYS[2], KEYS[3], {unpack(ARGV, 4)})
redis.call("SREM", KEYS[4], id)
for i = 5, #KEYS do redis.call("UNLINK", KEYS[i]) end
local state = base .. ARGV[2]
if redis.call("TYPE", state).ok == "list" then redis.call("LREM", state, 0, id)
else redis.call("ZREM", state, id) end
delete_job(base, id, ARGV[2])
return "OK"
`,
  8,
);
