/** Lua: removes notifications by their ids, shown or not. */
export const FORGET = `
local function forget(told, unread, ids)
  for _, id in ipairs(ids) do
    local entry = redis.call("HGET", told, id)
    -- Once it was shown its JSON is here, before that the place where it waits.
    if entry and string.sub(entry, 1, 1) ~= "{" then redis.call("XDEL", unread, entry) end
    if entry then redis.call("HDEL", told, id) end
  end
  if redis.call("XLEN", unread) == 0 then redis.call("DEL", unread) end
end
`;
