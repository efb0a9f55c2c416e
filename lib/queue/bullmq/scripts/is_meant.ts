/**
 * Lua: the text under a key, `false` where there is none. A key of another type has none: it must not
 * keep what is done for several tasks at once from the others.
 */
export const TEXT_AT = `
local function text_at(key)
  local text = redis.pcall("GET", key)
  return type(text) == "string" and text
end
`;

/** Lua: whether a cancel request names this run. What is no request names none. */
export const IS_MEANT = `${TEXT_AT}
local function is_meant(text, incarnation, run)
  local ok, request = pcall(cjson.decode, text)
  return ok and type(request) == "table" and request.incarnation == incarnation
    and tonumber(request.run) == tonumber(run)
end
`;
