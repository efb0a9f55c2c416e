import { Script } from "../../../redis/script.ts";
import { STATE_OF } from "./state_of.ts";

/**
 * What jobs are, at one instant.
 *
 * KEYS: base. ARGV: ids. Answers for each id its state ("" for none), its data and its timestamp.
 */
export const LOOK = new Script(
  "btsLook",
  `${STATE_OF}
local answer = {}
for i, id in ipairs(ARGV) do
  local job = redis.pcall("HMGET", KEYS[1] .. id, "data", "timestamp")
  answer[3 * i - 2] = job[1] and state_of(KEYS[1], id) or ""
  answer[3 * i - 1] = job[1] or ""
  answer[3 * i] = job[2] or ""
end
return answer
`,
  1,
);
