import { Script } from "../../../redis/script.ts";
import { STATE_OF } from "./state_of.ts";

/**
 * What a job is, at one instant.
 *
 * KEYS: base. ARGV: the ids that it may have. Answers nothing, or the first one's id, state, data,
 * the data's SHA-1, timestamp, score among the delayed, and how long its lock lasts in milliseconds
 * ("" for none).
 */
export const READ_JOB = new Script(
  "btsMoveRead",
  `${STATE_OF}
for _, id in ipairs(ARGV) do
  local job = KEYS[1] .. id
  local found = redis.call("HMGET", job, "data", "timestamp")
  local state = found[1] and state_of(KEYS[1], id) or ""
  if state ~= "" then
    local lock = redis.call("PTTL", job .. ":lock")
    return {id, state, found[1], redis.sha1hex(found[1]), found[2] or "",
      redis.call("ZSCORE", KEYS[1] .. "delayed", id) or "", lock == -2 and "" or tostring(lock)}
  end
end
return {}
`,
  1,
);
