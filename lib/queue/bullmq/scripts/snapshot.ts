import { Script } from "../../../redis/script.ts";

/**
 * The ids in several states, at one instant. For a server whose memory is full: in a transaction it
 * takes nothing then, not even a look.
 *
 * ARGV: pairs of "list" or "set" and a key, all under KEYS: base. Answers a list of ids for each.
 */
export const SNAPSHOT = new Script(
  "btsSnapshot",
  `local answer = {}
for i = 1, #ARGV, 2 do
  local ask = ARGV[i] == "list" and "LRANGE" or "ZRANGE"
  table.insert(answer, redis.call(ask, KEYS[1] .. ARGV[i + 1], 0, -1))
end
return answer
`,
  1,
);
