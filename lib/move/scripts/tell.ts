import { LuaScript } from "../../queue/bullmq/lua_script.ts";

/**
 * Puts a notification, unless it is there.
 *
 * KEYS: told, unread. ARGV: its id, its JSON, "1" where it was shown.
 */
export const TELL = new LuaScript(
  "btsMoveTell",
  2,
  `if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then return 0 end
local told = ARGV[2]
if ARGV[3] ~= "1" then told = redis.call("XADD", KEYS[2], "*", "json", ARGV[2]) end
return redis.call("HSET", KEYS[1], ARGV[1], told)
`,
);
