-- SPDX-License-Identifier: MIT
-- results.lua - tables of runs: where they are, means and standard deviations over seeds, paired differences.
local files, missing = require "files", require "missing"
local M = { folders = {}, scale = "small", tables = {} }

-- Is there a table of this experiment?
function M.there(experiment, scale)
  return M.find(experiment, scale) ~= nil
end

function M.find(experiment, scale)
  local key, paths = scale .. "/" .. experiment, {}
  if M.tables[key] == nil then
    for _, folder in ipairs(M.folders) do
      table.insert(paths, folder .. "/" .. key .. ".tsv")
    end
    local text = files.first(paths)
    M.tables[key] = text and files.parse(text) or false
  end
  return M.tables[key] or nil
end

function M.get(experiment, scale)
  local t = M.find(experiment, scale)
  if not t then
    missing.note("no results %s/%s.tsv in %s", scale, experiment, table.concat(M.folders, ", "))
  end
  return t
end

-- The cells of a table in the order of its rows.
function M.cells(t)
  local cells, seen = {}, {}
  for _, row in ipairs(t.rows) do
    if not seen[row.cell] then
      seen[row.cell] = true
      table.insert(cells, row)
    end
  end
  return cells
end

-- The numbers of a cell by seed, and the seeds in order; nil, noted, unless there is at least one number.
function M.numbers(experiment, scale, cell, column)
  local t, of, seeds, there = M.get(experiment, scale), {}, {}, false
  if not t then
    return
  end
  for _, row in ipairs(t.rows) do
    if row.cell == cell then
      local value = tonumber(row[column])
      there = true
      if value then
        of[row.seed] = value
        table.insert(seeds, row.seed)
      elseif row[column] == nil then
        missing.note("%s/%s.tsv has no column %s", scale, experiment, column)
        return
      end
    end
  end
  if not there then
    missing.note("%s/%s.tsv has no cell %s", scale, experiment, cell)
    return
  end
  return of, seeds
end

local function summary(values)
  local n, mean, square = #values, 0, 0
  for _, v in ipairs(values) do
    mean = mean + v / n
  end
  for _, v in ipairs(values) do
    square = square + (v - mean) ^ 2
  end
  return { n = n, mean = mean, sd = n > 1 and math.sqrt(square / (n - 1)) or nil }
end

-- Mean and standard deviation over seeds, n = 0 when all is NA; nil, noted, when there is no such cell or column.
function M.statistic(experiment, scale, cell, column)
  local of, seeds = M.numbers(experiment, scale, cell, column)
  if not of then
    return
  end
  local values = {}
  for _, seed in ipairs(seeds) do
    table.insert(values, of[seed])
  end
  return summary(values)
end

-- a - b over the seeds that both have; se is the standard error of the mean.
function M.difference(experiment, scale, a, b, column)
  local of_a, seeds = M.numbers(experiment, scale, a, column)
  local of_b = M.numbers(experiment, scale, b, column)
  if not of_a or not of_b then
    return
  end
  local values = {}
  for _, seed in ipairs(seeds) do
    if of_b[seed] then
      table.insert(values, of_a[seed] - of_b[seed])
    end
  end
  local s = summary(values)
  s.se = s.sd and s.sd / math.sqrt(s.n)
  return s
end

-- ---- as text ----

-- Accuracies and rates are fractions in the tables and per cent on the page.
local function percent(column)
  return column:match("accuracy") and not column:match("epoch") or column:match("^noise_rate")
end

local function number(value, digits, sign)
  local text = string.format("%." .. digits .. "f", value)
  if tonumber(text) == 0 then
    text = text:gsub("^-", "")
  end
  if sign and tonumber(text) > 0 then
    text = "+" .. text
  end
  return (text:gsub("^-", "−"))
end

function M.seeds(n)
  return n == 1 and "1 seed" or n .. " seeds"
end

-- "76.1 ± 1.7"
function M.show(s, column)
  local scale, digits = percent(column) and 100 or 1, 1
  if not s or s.n == 0 then
    return "–"
  end
  return number(scale * s.mean, digits) .. (s.sd and "\u{a0}±\u{a0}" .. number(scale * s.sd, digits) or "")
end

function M.show_mean(s, column)
  return number((percent(column) and 100 or 1) * s.mean, 1)
end

-- "+8.53 ± 1.21", in points
function M.show_difference(s, column)
  local scale = percent(column) and 100 or 1
  return number(scale * s.mean, 2, true) .. (s.se and "\u{a0}±\u{a0}" .. number(scale * s.se, 2) or "")
end

function M.unit(column)
  return percent(column) and "\u{a0}%" or ""
end

M.number = number
return M
