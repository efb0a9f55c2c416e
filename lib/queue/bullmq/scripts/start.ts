import { Script } from "../../../redis/script.ts";
import { IS_MEANT } from "./is_meant.ts";

/**
 * Replaces the record of a job that the caller holds, when its attempt begins.
 *
 * KEYS: job, lock, cancel request. ARGV: token, data, incarnation, run. Answers LOST, CANCELLED (it
 * was written, and is to be cancelled) or OK.
 */
export const START = new Script(
  "btsStart",
  `${IS_MEANT}
if redis.call("GET", KEYS[2]) ~= ARGV[1] or redis.call("EXISTS", KEYS[1]) == 0 then return "LOST" end
redis.call("HSET", KEYS[1], "data", ARGV[2])
local request = text_at(KEYS[3])
return request and is_meant(request, ARGV[3], ARGV[4]) and "CANCELLED" or "OK"
`,
  3,
);
