import { Script } from "../../../redis/script.ts";
import { TEXT_AT } from "./is_meant.ts";

/**
 * Renews the locks of jobs, and looks for their cancel requests on the way. PEXPIRE and not SET: that
 * also works where the server's memory is full.
 *
 * KEYS: base, and how the keys of cancel requests begin. ARGV: the lock's time in milliseconds, then
 * of each job its id, its task's and the two tokens that it may have. Answers for each job "" where the lock is not the
 * caller's any more, else "1", and its cancel request ("" for none).
 */
export const RENEW = new Script(
  "btsRenew",
  `${TEXT_AT}
local answer = {}
for i = 2, #ARGV, 4 do
  local lock = KEYS[1] .. ARGV[i] .. ":lock"
  local token = text_at(lock)
  local held = token == ARGV[i + 2] or token == ARGV[i + 3]
  if held then redis.call("PEXPIRE", lock, ARGV[1]) end
  table.insert(answer, held and "1" or "")
  table.insert(answer, text_at(KEYS[2] .. ARGV[i + 1]) or "")
end
return answer
`,
  2,
);
