import { Script } from "../../../redis/script.ts";

/**
 * Replaces the record of a job that has ended, if it is still the one that was read.
 *
 * KEYS: base. ARGV: id, the data that was read, the new data. Answers 1 where the new data is there.
 */
export const REPLACE_ENDED = new Script(
  "btsReplaceEnded",
  `local base, id = KEYS[1], ARGV[1]
if not redis.call("ZSCORE", base .. "completed", id) and not redis.call("ZSCORE", base .. "failed", id)
then return 0 end
local data = redis.call("HGET", base .. id, "data")
if data ~= ARGV[2] and data ~= ARGV[3] then return 0 end
redis.call("HSET", base .. id, "data", ARGV[3])
return 1
`,
  1,
);
