/**
 * Lua: the BullMQ state that a job is in, "" when it is in none. By BullMQ's documented key layout;
 * `layout_test.ts` fails when that changes.
 */
export const STATE_OF = `
local function state_of(base, id)
  for _, state in ipairs({"completed", "failed", "prioritized", "delayed", "waiting-children"}) do
    if redis.call("ZSCORE", base .. state, id) then return state end
  end
  for _, state in ipairs({"active", "wait", "paused"}) do
    if redis.call("LPOS", base .. state, id) then return state end
  end
  return ""
end
`;
