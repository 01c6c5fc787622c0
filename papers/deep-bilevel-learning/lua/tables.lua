-- SPDX-License-Identifier: MIT
-- tables.lua - the tables of the page.
--
--   ::: {.results experiment=comparison}        a row per cell without @X, in the order of the results
--     cells="sgd bilevel"                       only these cells; each must exist
--     columns="test_accuracy_last ..."          default: both test accuracies, train accuracy against given labels
--     at=cifar100                               the cells METHOD@cifar100
--     x="μ = {}"                                the cells METHOD@X, called `METHOD, μ = X'
--     by="noise rate"                           one column; a row per method, a column per X
--     original=cifar10                          a column with the paper's number
--   ::: {.claims experiment=comparison}         each claim with its evidence; without experiment, a table of all
--   ::: {.original dataset="cifar10 cifar100"}  the paper's own table
--   ::: {.provenance experiments="..." keys="..."}   lines `# key: ...' of the results
--   ::: {.commands experiment=... cells="..."}  how a cell is run
local files, missing, results = require "files", require "missing", require "results"
local claims, names = require "claims", require "names"
local M = { kinds = {}, original_path = nil }

local default_columns = "test_accuracy_last test_accuracy_best train_accuracy_noisy"

-- ---- parts ----

local function inlines(text)
  return pandoc.utils.blocks_to_inlines(pandoc.read(text, "markdown").blocks)
end

local function cell(text)
  return { pandoc.Plain(type(text) == "string" and { pandoc.Str(text) } or text) }
end

-- The caption is the text within the div, then the provenance of the numbers.
local function caption_of(div, number, remark)
  local caption = pandoc.List { pandoc.Strong { pandoc.Str("Table " .. number .. ".") }, pandoc.Space() }
  for _, block in ipairs(div.content) do
    if block.content then
      caption:extend(block.content)
      caption:insert(pandoc.Space())
    end
  end
  if remark then
    caption:extend(inlines(remark))
  end
  return pandoc.Div({ pandoc.Para(caption) }, pandoc.Attr("", { "caption" }))
end

local function framed(div, number, heads, rows, remark)
  local id = div.identifier ~= "" and div.identifier or "table-" .. number
  local aligns, widths, head, body = {}, {}, {}, {}
  for i, text in ipairs(heads) do
    aligns[i] = i == 1 and pandoc.AlignLeft or pandoc.AlignRight
    widths[i] = 0
    head[i] = cell(text)
  end
  for i, row in ipairs(rows) do
    body[i] = {}
    for k, text in ipairs(row) do
      body[i][k] = cell(text)
    end
  end
  local made = pandoc.utils.from_simple_table(pandoc.SimpleTable({}, aligns, widths, head, body))
  return pandoc.Div({ caption_of(div, number, remark), pandoc.Div({ made }, pandoc.Attr("", { "scroll" })) },
    pandoc.Attr(id, { "table" }))
end

function M.badge(verdict)
  return pandoc.Span({ pandoc.Str(verdict) }, pandoc.Attr("", { "verdict", (verdict:gsub("%s", "-")) }))
end

-- ---- the paper's table ----

local function original()
  local text = M.original_path and files.first { M.original_path }
  if not text then
    missing.note("no table of the paper's numbers %s", M.original_path or "(no file given)")
  end
  return files.parse(text or "").rows
end

-- The paper's number for a cell, with a dagger if it may belong to another one, too.
local function original_of(dataset, name)
  for _, row in ipairs(original()) do
    local cells = files.words(row.cells)
    for _, candidate in ipairs(cells) do
      if candidate == name and row[dataset] ~= "NA" then
        if row[dataset] == nil then
          missing.note("%s has no column %s", M.original_path, dataset)
          return "–"
        end
        return row[dataset] .. (#cells > 1 and "†" or "")
      end
    end
  end
  return "–"
end

function M.kinds.original(div, _, number)
  local datasets, heads, rows = files.words(div.attributes.dataset or "cifar10 cifar100"), { "Method", "Network" }, {}
  for _, dataset in ipairs(datasets) do
    table.insert(heads, names.dataset(dataset))
  end
  table.insert(heads, "Number is from")
  for _, row in ipairs(original()) do
    local line = { inlines(row.method), row.network }
    for _, dataset in ipairs(datasets) do
      table.insert(line, row[dataset] == "NA" and "–" or row[dataset])
    end
    table.insert(line, row.from)
    table.insert(rows, line)
  end
  return framed(div, number(div.identifier), heads, rows)
end

-- ---- results ----

-- Of these cells, which belong in the table?
local function chosen(t, a)
  local list = {}
  for _, row in ipairs(results.cells(t)) do
    local x = row.x or "NA"
    if a.at then
      if x == a.at then
        table.insert(list, row)
      end
    elseif a.x or a.by or x == "NA" then
      table.insert(list, row)
    end
  end
  if not a.cells then
    return list
  end
  local named, by_name = {}, {}
  for _, row in ipairs(list) do
    by_name[row.cell] = row
    if a.at or a.by then
      by_name[row.cell:match("^[^@]*")] = by_name[row.cell:match("^[^@]*")] or row
    end
  end
  for _, name in ipairs(files.words(a.cells)) do
    if by_name[name] then
      table.insert(named, by_name[name])
    else
      missing.note("%s has no cell %s", a.experiment, name .. (a.at and "@" .. a.at or ""))
    end
  end
  return named, files.words(a.cells)
end

-- "3 seeds", "2 to 3 seeds"
local function seeds_of(least, most)
  return least == most and results.seeds(most) or string.format("%d to %d seeds", least, most)
end

local function remark(t, least, most, dagger)
  local text = most == 1 and "Per cent, one seed." or
    "Per cent, mean ± standard deviation over " .. seeds_of(least, most) .. "."
  if t.header.title then
    text = text .. " " .. t.header.title:gsub("%p", "\\%0") .. "." -- no markup
  end
  return text .. (dagger and " †: which of these rows the paper's number belongs to is not known." or "")
end

local function plain(div, scale, t, number)
  local a, rows, heads, least, most, dagger = div.attributes, {}, { "" }, math.huge, 0, false
  local columns = files.words(a.columns or default_columns)
  for _, column in ipairs(columns) do
    table.insert(heads, names.column(column))
  end
  if a.original then
    table.insert(heads, 2, "the paper’s")
  end
  for _, row in ipairs((chosen(t, a))) do
    local method, x = row.cell:match("^([^@]*)@?(.*)$")
    local line = { names.cell(method) .. (a.x and x ~= "" and ", " .. a.x:gsub("{}", x) or "") }
    if a.original then
      table.insert(line, original_of(a.original, method))
      dagger = dagger or line[2]:match("†") ~= nil
    end
    for _, column in ipairs(columns) do
      local s = results.statistic(a.experiment, scale, row.cell, column)
      if s and s.n > 0 then
        least, most = math.min(least, s.n), math.max(most, s.n)
      end
      table.insert(line, results.show(s, column))
    end
    table.insert(rows, line)
  end
  return framed(div, number(div.identifier), heads, rows, remark(t, least, most, dagger))
end

-- The values on the x axis: in order of size if they are numbers.
local function axis(cells)
  local list, seen, numeric = {}, {}, true
  for _, row in ipairs(cells) do
    if row.x ~= "NA" and not seen[row.x] then
      seen[row.x] = true
      numeric = numeric and tonumber(row.x) ~= nil
      table.insert(list, row.x)
    end
  end
  if numeric then
    table.sort(list, function(p, q)
      return tonumber(p) < tonumber(q)
    end)
  end
  return list
end

local function crossed(div, scale, t, number)
  local a, rows, methods, of, least, most = div.attributes, {}, {}, {}, math.huge, 0
  local column = a.columns or "test_accuracy_last"
  local wanted = a.cells and files.words(a.cells)
  local cells = chosen(t, { by = a.by, experiment = a.experiment })
  for _, row in ipairs(cells) do
    local method = row.cell:match("^[^@]*")
    if not of[method] then
      of[method] = {}
      table.insert(methods, method)
    end
    of[method][row.x] = row.cell
  end
  local heads, xs = { a.by }, axis(cells)
  for _, x in ipairs(xs) do
    table.insert(heads, x)
  end
  for _, method in ipairs(wanted or methods) do
    local line = { names.cell(method) }
    if not of[method] then
      missing.note("%s/%s.tsv has no cell %s@...", scale, a.experiment, method)
    end
    for _, x in ipairs(xs) do
      local s = of[method] and of[method][x] and results.statistic(a.experiment, scale, of[method][x], column)
      if s and s.n > 0 then
        least, most = math.min(least, s.n), math.max(most, s.n)
      end
      table.insert(line, results.show(s, column))
    end
    table.insert(rows, line)
  end
  return framed(div, number(div.identifier), heads, rows, remark(t, least, most))
end

function M.kinds.results(div, scale, number)
  local t = results.get(div.attributes.experiment, scale)
  if not t then
    return {}
  end
  return (div.attributes.by and crossed or plain)(div, scale, t, number)
end

-- ---- claims ----

local function evidence(claim, scale)
  local list = pandoc.List { pandoc.Str("At " .. claims.where(claim, scale) .. ": " .. claims.ours(claim, scale)) }
  if claim[scale .. "_verdict"] ~= "not tested" then
    list:insert(pandoc.Str("."))
  end
  list:insert(pandoc.Space())
  list:insert(M.badge(claims.verdict(claim, scale)))
  return pandoc.Para(list)
end

local function card(claim, scale)
  local parts = {
    pandoc.Para(inlines(claim.text)),
    pandoc.Para { pandoc.Emph { pandoc.Str(claims.kind(claim)) }, pandoc.Str(".") },
  }
  if claim.experiment == "NA" then
    table.insert(parts, pandoc.Para { pandoc.Str(claim.reason .. "."), pandoc.Space(), M.badge("not tested") })
  else
    table.insert(parts, evidence(claim, scale))
    if scale ~= "quick" and claim.quick_verdict ~= "not tested" then
      table.insert(parts, evidence(claim, "quick"))
    end
  end
  return pandoc.Div(parts, pandoc.Attr("claim-" .. claim.id, { "claim" }))
end

local function overview(div, scale, number)
  local rows, heads = {}, { "Claim or question", "The paper", "Here", "Verdict" }
  if scale ~= "quick" then
    table.insert(heads, "At quick scale")
  end
  for _, claim in ipairs(claims.of(nil)) do
    local tested = claim.experiment ~= "NA"
    local text = inlines(claim.text)
    local line = {
      tested and { pandoc.Link(text, "#claim-" .. claim.id) } or text, claims.paper(claim),
      tested and claims.ours(claim, scale) or claim.reason, { M.badge(claims.verdict(claim, scale)) },
    }
    if scale ~= "quick" then
      table.insert(line, { M.badge(claims.verdict(claim, "quick")) })
    end
    table.insert(rows, line)
  end
  local made = framed(div, number(div.identifier), heads, rows)
  made.classes:insert("overview")
  return made
end

function M.kinds.claims(div, scale, number)
  local cards = pandoc.List {}
  if not div.attributes.experiment then
    return overview(div, scale, number)
  end
  for _, claim in ipairs(claims.of(div.attributes.experiment)) do
    cards:insert(card(claim, scale))
  end
  return cards
end

-- ---- where results come from ----

function M.kinds.provenance(div, scale, number)
  local keys, heads, rows = files.words(div.attributes.keys or "runs seeds train_hours commit"), { "experiment" }, {}
  for _, key in ipairs(keys) do
    table.insert(heads, (key:gsub("_", " ")))
  end
  for _, experiment in ipairs(files.words(div.attributes.experiments)) do
    local t = results.get(experiment, scale)
    local line = { experiment }
    for _, key in ipairs(keys) do
      table.insert(line, t and (t.header[key] or missing.note("%s/%s.tsv has no line `# %s: ...'", scale, experiment, key)) or "–")
    end
    table.insert(rows, line)
  end
  return framed(div, number(div.identifier), heads, rows)
end

function M.kinds.commands(div, scale)
  local experiment, lines = div.attributes.experiment, {}
  local t = results.get(experiment, scale)
  for _, name in ipairs(t and files.words(div.attributes.cells) or {}) do
    local command = t.header["cell " .. name]
    table.insert(lines, command or missing.note("%s/%s.tsv has no line `# cell %s: ...'", scale, experiment, name))
  end
  return pandoc.CodeBlock(table.concat(lines, "\n\n"), pandoc.Attr("", { "bash", "wrap" }))
end

return M
