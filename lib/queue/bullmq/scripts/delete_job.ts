/**
 * Lua: `delete_job(base, id, from)` deletes what BullMQ keeps of a job that was in the state `from`,
 * and tells it as BullMQ does; taking it out of that state is the caller's.
 */
export const DELETE_JOB = `
local function delete_job(base, id, from)
  local job = base .. id
  redis.call("DEL", job, job .. ":lock", job .. ":logs", job .. ":dependencies",
    job .. ":processed", job .. ":failed", job .. ":unsuccessful")
  redis.call("XADD", base .. "events", "MAXLEN", "~", 10000, "*", "event", "removed",
    "jobId", id, "prev", from)
end
`;
