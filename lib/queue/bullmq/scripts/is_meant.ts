/** Lua: whether a cancel request names this run. What is no request names none. */
export const IS_MEANT = `
local function is_meant(text, incarnation, run)
  local ok, request = pcall(cjson.decode, text)
  return ok and type(request) == "table" and request.incarnation == incarnation
    and tonumber(request.run) == tonumber(run)
end
`;
