import { Script } from "../../../redis/script.ts";

/**
 * Puts a job that was just added in the place that its age gives it, and tells whether this call has
 * added it: the first one whose data it has leaves its mark, by which it knows itself when it is sent
 * again.
 *
 * KEYS: job, prioritized. ARGV: id, data, mark, score. Answers 1 where the job is this call's.
 */
export const RANK = new Script(
  "btsRank",
  `local mark = redis.call("HGET", KEYS[1], "mark")
if mark then return mark == ARGV[3] and 1 or 0 end
if redis.call("HGET", KEYS[1], "data") ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "mark", ARGV[3])
redis.call("ZADD", KEYS[2], "XX", ARGV[4], ARGV[1])
return 1
`,
  2,
);
