-- SPDX-License-Identifier: MIT
-- results.lua - tables of runs: where they are, and their statistics over seeds, which `holdout show --table' computes.
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
    local text, path = files.first(paths)
    M.tables[key] = text and files.parse(text) or false
    if text then
      M.tables[key].path = path
    end
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

-- The program's statistics of every cell and of the contrast, if one is given: { [expression] = { [column] = statistic } }.
local function statistics(t, contrast)
  local arguments = { "show", "--format", "tsv", "--table", t.path, "--", contrast }
  local of = {}
  for _, row in ipairs(files.parse(pandoc.pipe(os.getenv("HOLDOUT"), arguments, "")).rows) do
    of[row.cell] = of[row.cell] or {}
    of[row.cell][row.column] = {
      n = tonumber(row.n), mean = tonumber(row.mean), sd = tonumber(row.standard_deviation), se = tonumber(row.standard_error),
    }
  end
  return of
end

-- Does the table have this cell and this column?  Notes what is missing.
local function has(t, experiment, scale, cell, column)
  local there = false
  for _, row in ipairs(t.rows) do
    there = there or row.cell == cell
  end
  if not there then
    missing.note("%s/%s.tsv has no cell %s", scale, experiment, cell)
    return false
  end
  for _, name in ipairs(t.names) do
    if name == column then
      return true
    end
  end
  missing.note("%s/%s.tsv has no column %s", scale, experiment, column)
  return false
end

-- Mean and standard deviation over seeds, n = 0 if all are NA; notes and returns nil if there is no such cell or column.
function M.statistic(experiment, scale, cell, column)
  local t = M.get(experiment, scale)
  if t and has(t, experiment, scale, cell, column) then
    t.statistics = t.statistics or statistics(t)
    return t.statistics[cell][column] or { n = 0 }
  end
end

-- Of a - b, paired by seed; se is the standard error of the mean.
function M.difference(experiment, scale, a, b, column)
  local t = M.get(experiment, scale)
  if t and has(t, experiment, scale, a, column) and has(t, experiment, scale, b, column) then
    local contrast = a .. " - " .. b
    return statistics(t, contrast)[contrast][column] or { n = 0 }
  end
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
