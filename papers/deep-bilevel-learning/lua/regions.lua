-- SPDX-License-Identifier: MIT
-- regions.lua - excerpts of the source.
--
-- A region begins at the comment that holds `region: NAME' and ends at the first `}' in column one after it, or before a
-- line that holds `end: NAME' if there is one.  The mark itself is not shown.
local files, missing = require "files", require "missing"
local M = { source = "." }

local function holds(line, mark, name)
  return (line .. " "):find("%f[%a]" .. mark .. ": " .. name:gsub("%p", "%%%0") .. "[%s*]")
end

-- Returns the lines from first to last, with the mark removed; the number of lines stays.
local function cut(lines, first, last, name)
  local mark = "region: " .. name:gsub("%p", "%%%0") .. "%s*%*/"
  return (table.concat(lines, "\n", first, last):gsub("\n %* " .. mark, "\n */", 1):gsub("%s*" .. mark, " */", 1))
end

-- Returns text, first and last line; notes and returns nil if the file or region is missing.
function M.get(file, name)
  local text, first, last = files.first { M.source .. "/" .. file }, nil, nil
  if not text then
    missing.note("no source file %s", file)
    return
  end
  local lines = files.split(text, "\n")
  for i, line in ipairs(lines) do
    if holds(line, "region", name) then
      if first then
        missing.note("%s has two regions %s, in lines %d and %d", file, name, first, i)
        return
      end
      first = i
    elseif first and holds(line, "end", name) then
      last = i - 1
    end
  end
  if not first then
    missing.note("%s has no region %s", file, name)
    return
  end
  for i = first, last and 0 or #lines do
    if lines[i]:match("^}") then
      last = i
      break
    end
  end
  if not last then
    missing.note("%s: region %s has no end", file, name)
    return
  end
  local top = first
  while top > 1 and not lines[top]:find("/*", 1, true) do
    top = top - 1
  end
  return cut(lines, top, last, name), top, last
end

return M
