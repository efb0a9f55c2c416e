import { moveToDelayed, moveToFinished, retryJob } from "bullmq/scripts";
import { TELL } from "../../../notifications/redis_notifications.ts";
import { Script } from "../../../redis/script.ts";
import { IS_MEANT } from "./is_meant.ts";

/** A script of BullMQ's. */
interface Move {
  readonly content: string;
  readonly keys: number;
}

/** How many keys and arguments are ours. */
const KEYS = 6;
const ARGUMENTS = 7;

/**
 * Decides how a job that the caller holds ends: writes its record, with the ending in it, and its
 * notification, which there is once whatever is repeated. The lock gets the second token, under which
 * BullMQ's move may take the next job.
 */
const DECIDE = `${IS_MEANT}${TELL}
do
  local k, a = #KEYS - ${KEYS}, #ARGV - ${ARGUMENTS}
  local job, lock, cancel, retrying = KEYS[k + 1], KEYS[k + 1] .. ":lock", KEYS[k + 2], KEYS[k + 5]
  local last, data, what, id = ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  local held = redis.call("GET", lock)
  if held ~= ARGV[a + 1] and held ~= last or redis.call("EXISTS", job) == 0 then return "LOST" end
  if string.find(what, "back") then
    local request = text_at(cancel)
    if request and is_meant(request, ARGV[a + 6], ARGV[a + 7]) then return "CANCELLED" end
  end
  -- First what a foreign key of the same name can refuse: then nothing was written.
  if string.find(what, "tell") then tell(KEYS[k + 3], KEYS[k + 4], ARGV[a + 6], ARGV[a + 7]) end
  if string.find(what, "later") then redis.call("SADD", retrying, id)
  else redis.call("SREM", retrying, id) end
  if string.find(what, "keep") then
    local old = redis.call("HGET", job, "data")
    if old and old ~= data then redis.call("SET", KEYS[k + 6], old) end
  end
  redis.call("HSET", job, "data", data)
  -- A parent of a flow, which was taken as the task that it is: children that failed, or came later,
  -- must not keep it from its end.
  if not string.find(what, "back") then
    redis.call("DEL", job .. ":unsuccessful", job .. ":dependencies")
  end
  if last ~= held then redis.call("SET", lock, last, "KEEPTTL") end
  redis.call("DEL", cancel)
end
`;

/**
 * One step: ours, and after it BullMQ's own script as it is.
 *
 * KEYS: BullMQ's; job, cancel request, unread, told, the set of tasks between attempts, original.
 * ARGV: BullMQ's, which name the second token; token, second token, data, what to do, job id, then for
 * "tell" the notification's id and its JSON, for "back" incarnation and run. What to do is a list of
 * words: "tell" the conversation; put it "back", to wait for its next attempt "later"; "keep" the old
 * data as it came.
 *
 * Answers LOST, CANCELLED (a put-back that a cancel request forbids: nothing was written) or what
 * BullMQ answers: less than 0 where it has refused.
 */
function ending(name: string, { content, keys }: Move): Script {
  return new Script(name, DECIDE + content, keys + KEYS);
}

/** With the script, how many of BullMQ's arguments are its keys. */
export const FINISH = { script: ending("btsFinish", moveToFinished), keys: moveToFinished.keys };
export const DELAY = { script: ending("btsDelay", moveToDelayed), keys: moveToDelayed.keys };
export const PUT_BACK = { script: ending("btsPutBack", retryJob), keys: retryJob.keys };
