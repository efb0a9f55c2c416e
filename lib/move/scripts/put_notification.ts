import { Script } from "../../redis/script.ts";
import { TELL } from "../../notifications/redis_notifications.ts";

/**
 * Puts a notification, unless it is there.
 *
 * KEYS: unread, told. ARGV: its id, its JSON, "1" where it was shown.
 */
export const PUT_NOTIFICATION = new Script(
  "btsMoveTell",
  `${TELL}
if ARGV[3] == "1" then redis.call("HSETNX", KEYS[2], ARGV[1], ARGV[2])
else tell(KEYS[1], KEYS[2], ARGV[1], ARGV[2]) end
return 1
`,
  2,
);
