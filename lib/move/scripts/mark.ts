import { Script } from "../../redis/script.ts";

/**
 * Sets the mark of a move, unless somebody else was faster.
 *
 * KEYS: mark, mover. ARGV: the mark, this process, the mark that was found ("" for none), "1" where
 * the process that renewed that one is known to be gone, how long the mover is believed to live in
 * milliseconds. Answers 1 where it is set.
 */
export const SET_MARK = new Script(
  "btsMoveMark",
  `local mover = redis.call("GET", KEYS[2])
if mover and mover ~= ARGV[2] and ARGV[4] ~= "1" then return 0 end
local there = redis.call("GET", KEYS[1]) or ""
if there ~= ARGV[3] and not (there == ARGV[1] and mover == ARGV[2]) then return 0 end
redis.call("SET", KEYS[1], ARGV[1])
redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[5])
return 1
`,
  2,
);

/**
 * Says that the mover lives. KEYS: mark, mover. ARGV: the mark, this process, for how long. Answers 0
 * where the mark is not this process's any more.
 */
export const RENEW_MARK = new Script(
  "btsMoveRenew",
  `local mover = redis.call("GET", KEYS[2])
if redis.call("GET", KEYS[1]) ~= ARGV[1] or mover and mover ~= ARGV[2] then return 0 end
if redis.call("PEXPIRE", KEYS[2], ARGV[3]) == 0 then
  redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3])
end
return 1
`,
  2,
);

/**
 * Lets go of the mark, if it is still this process's. KEYS: mark, mover. ARGV: the mark, this process,
 * "1" where the mark goes too.
 */
export const RELEASE_MARK = new Script(
  "btsMoveRelease",
  `local mover = redis.call("GET", KEYS[2])
if redis.call("GET", KEYS[1]) ~= ARGV[1] or mover and mover ~= ARGV[2] then return 0 end
if ARGV[3] == "1" then redis.call("DEL", KEYS[1]) end
return redis.call("DEL", KEYS[2])
`,
  2,
);
