import { Script } from "../../../redis/script.ts";

/** Lets go of a job, as its owner's death would. KEYS: lock. ARGV: its two tokens. */
export const RELEASE = new Script(
  "btsRelease",
  `local held = redis.call("GET", KEYS[1])
if held == ARGV[1] or held == ARGV[2] then return redis.call("DEL", KEYS[1]) end
return 0
`,
  1,
);
