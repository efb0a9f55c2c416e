/**
 * Lua: `forget(unread, told, ids)` forgets notifications, shown or not. The id of an entry that is
 * unread stands in `told` as long as it is: what was shown stands there as JSON.
 */
export const FORGET = `
local function forget(unread, told, ids)
  for _, id in ipairs(ids) do
    local entry = redis.call('HGET', told, id)
    if entry then
      if string.sub(entry, 1, 1) ~= '{' then redis.call('XDEL', unread, entry) end
      redis.call('HDEL', told, id)
    end
  end
  if redis.call('EXISTS', told) == 0 and redis.call('XLEN', unread) == 0 then
    redis.call('DEL', unread)
  end
end
`;
