-- SPDX-License-Identifier: MIT
-- files.lua - reads whole files, and tables of tab-separated values.
local M = {}

-- Returns the text of the first of these files that exists, and its name.
function M.first(paths)
  for _, path in ipairs(paths) do
    local file = io.open(path, "rb")
    if file then
      local text = file:read("a")
      file:close()
      if text then
        return text, path
      end
    end
  end
end

function M.split(text, separator)
  local parts = {}
  for part in (text .. separator):gmatch("(.-)" .. separator) do
    table.insert(parts, part)
  end
  return parts
end

function M.words(text)
  local words = {}
  for word in (text or ""):gmatch("%S+") do
    table.insert(words, word)
  end
  return words
end

-- Lines `# key: value', a line of names, rows: { header = { key = value }, keys = { key... }, rows = { { name = value } } }.
function M.parse(text)
  local t, names = { header = {}, keys = {}, rows = {} }, nil
  for line in text:gmatch("[^\r\n]+") do
    local key, value = line:match("^# ([^:]+): ?(.*)$")
    if key then
      t.header[key] = value
      table.insert(t.keys, key)
    elseif line:sub(1, 1) ~= "#" then
      local fields = M.split(line, "\t")
      if not names then
        names = fields
      else
        local row = {}
        for i, name in ipairs(names) do
          row[name] = fields[i]
        end
        table.insert(t.rows, row)
      end
    end
  end
  t.names = names or {}
  return t
end

return M
