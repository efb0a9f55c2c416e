import { Script } from "../../redis/script.ts";

/**
 * Writes a piece of a journal; the first piece replaces what is there.
 *
 * KEYS: journal. ARGV: how many lines come before, then the lines. Answers how many there are now;
 * -1 where it is not what was written before.
 */
export const PUT_LINES = new Script(
  "btsMoveLines",
  `local before = tonumber(ARGV[1])
if before == 0 then redis.call("DEL", KEYS[1]) end
local length = redis.call("LLEN", KEYS[1])
if length == before then
  for i = 2, #ARGV do redis.call("RPUSH", KEYS[1], ARGV[i]) end
elseif length ~= before + #ARGV - 1 then return -1
end
return before + #ARGV - 1
`,
  1,
);
