import { UNTELL } from "../../notifications/redis_notifications.ts";

/** Lua: `forget(unread, told, ids)` forgets notifications, shown or not. */
export const FORGET = `${UNTELL}
local function forget(unread, told, ids)
  for _, id in ipairs(ids) do untell(unread, told, id) end
  if redis.call("EXISTS", told) == 0 and redis.call("XLEN", unread) == 0 then
    redis.call("DEL", unread)
  end
end
`;
