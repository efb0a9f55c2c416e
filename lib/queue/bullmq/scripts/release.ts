import { Script } from "../../../redis/script.ts";

/** Lets go of a job, as its owner's death would. KEYS: lock. ARGV: token. */
export const RELEASE = new Script(
  "btsRelease",
  `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
`,
  1,
);
