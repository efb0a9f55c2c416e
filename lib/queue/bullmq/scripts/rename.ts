import { Script } from "../../../redis/script.ts";

/**
 * Gives a job that the caller holds another id.
 *
 * KEYS: base. ARGV: old id, new id, token, the lock's time in milliseconds. Answers LOST or OK.
 */
export const RENAME = new Script(
  "btsRename",
  `local base, old, new, token = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call("GET", base .. new .. ":lock") == token then return "OK" end
if redis.call("GET", base .. old .. ":lock") ~= token then return "LOST" end
if redis.call("EXISTS", base .. old) == 0 then return "LOST" end
redis.call("RENAME", base .. old, base .. new)
redis.call("DEL", base .. old .. ":lock", base .. old .. ":logs")
redis.call("SET", base .. new .. ":lock", token, "PX", ARGV[4])
redis.call("LREM", base .. "active", 1, old)
redis.call("LPUSH", base .. "active", new)
redis.call("XADD", base .. "events", "MAXLEN", "~", 10000, "*", "event", "active", "jobId", new,
  "prev", "waiting")
return "OK"
`,
  1,
);
