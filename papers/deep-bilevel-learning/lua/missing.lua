-- SPDX-License-Identifier: MIT
-- missing.lua - collects what the prose asks for and cannot be found.  All is reported at the end, and no page is made.
local M = { list = {}, seen = {} }

-- Notes it, and returns text to use instead.
function M.note(...)
  local text = string.format(...)
  if not M.seen[text] then
    M.seen[text] = true
    table.insert(M.list, text)
  end
  return "(missing)"
end

function M.report()
  if #M.list == 0 then
    return
  end
  for _, text in ipairs(M.list) do
    io.stderr:write("weave: ", text, "\n")
  end
  os.exit(1)
end

return M
