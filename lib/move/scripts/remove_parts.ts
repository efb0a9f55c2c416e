import { FORGET } from "../../notifications/forget_script.ts";
import { Script } from "../../redis/script.ts";

/**
 * Removes what belongs to a task that is not there itself.
 *
 * KEYS: unread, told, the tasks in transit, then what is the task's alone. ARGV: the task's id, its
 * notifications' ids.
 */
export const REMOVE_PARTS = new Script(
  "btsMoveParts",
  `${FORGET}
forget(KEYS[1], KEYS[2], {unpack(ARGV, 2)})
for i = 4, #KEYS do redis.call("UNLINK", KEYS[i]) end
return redis.call("HDEL", KEYS[3], ARGV[1])
`,
  7,
);
