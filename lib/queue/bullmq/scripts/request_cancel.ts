import { Script } from "../../../redis/script.ts";

/**
 * Leaves a cancel request for the run of a job that somebody holds.
 *
 * KEYS: active, lock, cancel request. ARGV: job id, the request's JSON, channel, task id. Answers 1
 * where it is there now, 0 where nobody holds the job.
 */
export const REQUEST_CANCEL = new Script(
  "btsRequestCancel",
  `if not redis.call("LPOS", KEYS[1], ARGV[1]) or redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
redis.call("SET", KEYS[3], ARGV[2])
redis.call("PUBLISH", ARGV[3], ARGV[4])
return 1
`,
  3,
);
