-- SPDX-License-Identifier: MIT
-- weave.lua - pandoc filter: replaces references in the prose by code regions, values, tables, figures and verdicts.
--
-- In the prose:
--   ```{.c file=plugins/bilevel.c region=step}      lines of the source, with their numbers
--   `comparison:bilevel:test_accuracy_last`{.value} mean and standard deviation over seeds; {.mean} only the mean
--   `comparison:bilevel - sgd:test_accuracy_last`{.difference}   paired over seeds, in points, with its standard error
--   `comparison:commit`{.header}                    a line `# commit: ...' of the table
--   `bilevel-sgd`{.verdict}                         the verdict of the results on a claim
--   ::: {.results experiment=... columns="..."}     a table; the text within is its caption
--   ::: {.claims experiment=...}                    claims with numbers and verdicts
--   ::: {.original}, {.provenance}, {.commands}     the paper's table; where results come from; how a cell is run
--   ::: {.when results="quick/comparison"}          is left out if these do not exist; {.unless ...} if they do
--   ![Caption](figure:comparison)                   a figure, as part of the page
--   $$ ... $$ {#eq:step} and [](#eq:step)           a numbered equation and its number
-- Each takes scale=...; without it, results are those of the scale in the metadata.
-- Metadata: source, results, figures (folders, separated by colons), claims, original (files), scale.

local folder = PANDOC_SCRIPT_FILE:match("^(.*)/[^/]*$") or "."
package.path = folder .. "/lua/?.lua;" .. package.path

local files, missing, results = require "files", require "missing", require "results"
local regions, figures, claims = require "regions", require "figures", require "claims"
local tables = require "tables"
local stringify = pandoc.utils.stringify

local counts = { equation = 0, figure = 0, table = 0 }
local numbers = {} -- of what has one, by id
local readings = 0

local function scale_of(element)
  return element.attributes.scale or results.scale
end

-- ---- metadata ----

local function meta(m)
  local function folders(key)
    return m[key] and files.split(stringify(m[key]), ":") or {}
  end
  results.folders, figures.folders = folders "results", folders "figures"
  results.scale = m.scale and stringify(m.scale) or results.scale
  regions.source = m.source and stringify(m.source) or "."
  claims.path = m.claims and stringify(m.claims)
  tables.original_path = m.original and stringify(m.original)
end

-- ---- parts that depend on results ----

local function there(list)
  for _, name in ipairs(files.words(list)) do
    local scale, experiment = name:match("^(.-)/(.+)$")
    if not results.there(experiment, scale) then
      return false
    end
  end
  return true
end

local function conditional(div)
  if div.classes:includes "when" then
    return there(div.attributes.results) and div.content or {}
  elseif div.classes:includes "unless" then
    return there(div.attributes.results) and {} or div.content
  end
end

-- Notes to ourselves are left out of the page.
local function comment(raw)
  if raw.text:match("^<!%-%-") then
    readings = readings + (raw.text:match("^<!%-%-%s*reading:") and 1 or 0)
    return {}
  end
end

-- ---- inline ----

local function span(class, text, title)
  return pandoc.Span({ pandoc.Str(text) }, pandoc.Attr("", { class }, title and { title = title } or {}))
end

local function fields(code, form, count)
  local parts = files.split(code.text, ":")
  for i, part in ipairs(parts) do
    parts[i] = part:match("^%s*(.-)%s*$")
  end
  if #parts ~= count then
    return span("missing", missing.note("`%s' is not of the form %s", code.text, form))
  end
  return nil, table.unpack(parts)
end

local kinds = {}

local function statistic(code, show)
  local wrong, experiment, cell, column = fields(code, "EXPERIMENT:CELL:COLUMN", 3)
  if wrong then
    return wrong
  end
  local scale = scale_of(code)
  local s = results.statistic(experiment, scale, cell, column)
  if s and s.n == 0 then
    missing.note("%s/%s.tsv: %s of %s is NA", scale, experiment, column, cell)
  end
  if not s or s.n == 0 then
    return span("missing", "(missing)")
  end
  return span("value", show(s, column), string.format("%s, %s, %s, %s scale", experiment, cell, column, scale))
end

function kinds.value(code)
  return statistic(code, function(s, column)
    return string.format("%s%s (%s)", results.show(s, column), results.unit(column), results.seeds(s.n))
  end)
end

function kinds.mean(code)
  return statistic(code, function(s, column)
    return results.show_mean(s, column) .. results.unit(column)
  end)
end

function kinds.difference(code)
  local wrong, experiment, pair, column = fields(code, "EXPERIMENT:CELL - CELL:COLUMN", 3)
  if wrong then
    return wrong
  end
  local a, b = pair:match("^(%S+) %- (%S+)$")
  if not a then
    return span("missing", missing.note("`%s' is not of the form EXPERIMENT:CELL - CELL:COLUMN", code.text))
  end
  local scale = scale_of(code)
  local s = results.difference(experiment, scale, a, b, column)
  if s and s.n == 0 then
    missing.note("%s/%s.tsv: %s and %s have no seed in common with %s", scale, experiment, a, b, column)
  end
  if not s or s.n == 0 then
    return span("missing", "(missing)")
  end
  return span("value", string.format("%s points (%s)", results.show_difference(s, column), results.seeds(s.n)),
    string.format("%s, %s - %s, %s, %s scale", experiment, a, b, column, scale))
end

function kinds.header(code)
  local wrong, experiment, key = fields(code, "EXPERIMENT:KEY", 2)
  if wrong then
    return wrong
  end
  local scale = scale_of(code)
  local t = results.get(experiment, scale)
  if not t then
    return span("missing", "(missing)")
  end
  return span("value", t.header[key] or missing.note("%s/%s.tsv has no line `# %s: ...'", scale, experiment, key))
end

function kinds.verdict(code)
  local claim = claims.get(code.text)
  return claim and tables.badge(claims.verdict(claim, scale_of(code))) or span("missing", "(missing)")
end

local function inline_code(code)
  for _, class in ipairs(code.classes) do
    if kinds[class] then
      return kinds[class](code)
    end
  end
end

-- ---- blocks ----

local function code_block(block)
  local file, region = block.attributes.file, block.attributes.region
  if not file then
    return
  elseif not region then
    missing.note("a code block of %s names no region", file)
    return
  end
  local text, first, last = regions.get(file, region)
  if not text then
    return pandoc.Para { span("missing", "(missing)") }
  end
  local attr = pandoc.Attr("", { block.classes[1] or "c", "numberLines" }, { startFrom = tostring(first) })
  local name = pandoc.Para {
    pandoc.Span({ pandoc.Str(file) }, pandoc.Attr("", { "file" })),
    pandoc.Span({ pandoc.Str(string.format("lines %d–%d", first, last)) }, pandoc.Attr("", { "lines" })),
  }
  return pandoc.Div({ name, pandoc.CodeBlock(text, attr) }, pandoc.Attr("", { "region" }))
end

local function number_of(kind, id)
  counts[kind] = counts[kind] + 1
  if id and id ~= "" then
    numbers[id] = tostring(counts[kind])
  end
  return counts[kind]
end

local function figure(image)
  local name, scale = image.src:match("^figure:(.+)$"), scale_of(image)
  local id = image.identifier ~= "" and image.identifier or
    "figure-" .. (image.attributes.scale and scale .. "-" or "") .. name
  local svg = figures.get(name, scale, id .. "-caption")
  local caption = pandoc.Para(image.caption)
  caption.content:insert(1, pandoc.Space())
  caption.content:insert(1, span("number", string.format("Figure %d.", number_of("figure", id))))
  return pandoc.Div({
    pandoc.Div({ pandoc.RawBlock("html", svg or "") }, pandoc.Attr("", { "plot", "scroll" })),
    pandoc.Div({ caption }, pandoc.Attr(id .. "-caption", { "caption" })),
  }, pandoc.Attr(id, { "figure" }))
end

-- A paragraph that is one figure, or one displayed equation.
local function paragraph(para)
  local c = para.content
  if #c == 1 and c[1].t == "Image" and c[1].src:match("^figure:") then
    return figure(c[1])
  elseif #c >= 1 and c[1].t == "Math" and c[1].mathtype == "DisplayMath" then
    local id = stringify(pandoc.Para { table.unpack(c, 2) }):match("^%s*{#(eq:[%w-]+)}$")
    if #c > 1 and not id then
      missing.note("there is text after the equation %s", c[1].text)
    end
    local parts = { pandoc.Div({ pandoc.Plain { c[1] } }, pandoc.Attr("", { "scroll" })) }
    if id then
      table.insert(parts, pandoc.Plain { span("number", "(" .. number_of("equation", id) .. ")") })
    end
    return pandoc.Div(parts, pandoc.Attr(id or "", { "equation" }))
  end
end

local function div(element)
  for _, class in ipairs(element.classes) do
    local make = tables.kinds[class]
    if make then
      return make(element, scale_of(element), function(id)
        return number_of("table", id)
      end)
    end
  end
end

local function header(h)
  if h.level > 1 and h.identifier ~= "" then
    h.content:insert(pandoc.Link({}, "#" .. h.identifier, "", pandoc.Attr("", { "anchor" }, { ["aria-label"] = "link to this section" })))
    return h
  end
end

-- [](#eq:step) becomes the number of its target.
local function link(l)
  local id = l.target:match("^#(.+)$")
  if id and #l.content == 0 and not l.classes:includes "anchor" then
    l.content = { pandoc.Str(numbers[id] or missing.note("there is nothing with a number named %s", id)) }
    return l
  end
end

-- 40 % stays on one line.
local function percent(list)
  for i = 1, #list - 1 do
    if list[i].t == "Space" and list[i + 1].t == "Str" and list[i + 1].text:match("^%%") then
      list[i] = pandoc.Str("\u{a0}")
    end
  end
  return list
end

local function finish()
  missing.report()
  if readings > 0 then
    io.stderr:write(string.format("weave: %d readings are still to be written\n", readings))
  end
end

return {
  { Meta = meta },
  { Div = conditional, RawBlock = comment, RawInline = comment },
  { Code = inline_code, CodeBlock = code_block },
  { Para = paragraph, Div = div, Header = header },
  { Link = link, Inlines = percent },
  { Pandoc = finish },
}
