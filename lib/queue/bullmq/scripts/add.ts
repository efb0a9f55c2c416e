import { addDelayedJob, addPrioritizedJob } from "bullmq/scripts";
import { Script } from "../../../redis/script.ts";

/** How many keys and arguments are ours. */
const KEYS = 2;
const ARGUMENTS = 4;

/**
 * One step: BullMQ's own script as it is, and after it ours. That puts a job that was just added in the
 * place that its age gives it, and tells whether this call has added it: the first one whose data it has
 * leaves its mark, by which it knows itself when it is sent again.
 *
 * KEYS: BullMQ's; job, prioritized. ARGV: BullMQ's; id, data, mark, score. Answers 1 where the job is
 * this call's, 0 where it is not, less where BullMQ has refused it.
 */
function adding(name: string, { content, keys }: { content: string; keys: number }): Script {
  const lua = `
local added = (function()
${content}
end)()
if type(added) == "number" and added < 0 then return added end
local k, a = #KEYS - ${KEYS}, #ARGV - ${ARGUMENTS}
local job = KEYS[k + 1]
local mark = redis.call("HGET", job, "mark")
if mark then return mark == ARGV[a + 3] and 1 or 0 end
if redis.call("HGET", job, "data") ~= ARGV[a + 2] then return 0 end
redis.call("HSET", job, "mark", ARGV[a + 3])
redis.call("ZADD", KEYS[k + 2], "XX", ARGV[a + 4], ARGV[a + 1])
return 1
`;
  return new Script(name, lua, keys + KEYS);
}

/** By the name of BullMQ's script: with ours, how many of BullMQ's arguments are its keys. */
export const ADD = {
  addPrioritizedJob: {
    script: adding("btsAdd", addPrioritizedJob),
    keys: addPrioritizedJob.keys,
  },
  addDelayedJob: { script: adding("btsAddDelayed", addDelayedJob), keys: addDelayedJob.keys },
};
