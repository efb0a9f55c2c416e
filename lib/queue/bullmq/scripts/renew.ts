import { LuaScript } from "../lua_script.ts";

/**
 * Renews the locks of jobs, and looks for their cancel requests on the way. PEXPIRE and not SET: that
 * also works where the server's memory is full.
 *
 * KEYS: of each job its lock and its cancel request. ARGV: the lock's time in milliseconds, then of
 * each job its token. Answers for each job "" where the lock is not the caller's any more, else "1",
 * and its cancel request ("" for none).
 */
export const RENEW = new LuaScript(
  "btsRenew",
  undefined,
  `local answer = {}
for i = 2, #ARGV do
  local lock, cancel = KEYS[2 * i - 3], KEYS[2 * i - 2]
  local held = redis.call("GET", lock) == ARGV[i]
  if held then redis.call("PEXPIRE", lock, ARGV[1]) end
  answer[2 * i - 3] = held and "1" or ""
  answer[2 * i - 2] = redis.call("GET", cancel) or ""
end
return answer
`,
);
