-- SPDX-License-Identifier: MIT
-- figures.lua - puts figures into the page.  Ids get the figure's name as a prefix, as gnuplot uses the same in each.
local files, missing = require "files", require "missing"
local M = { folders = {} }

local function tidy(svg, prefix)
  svg = svg:gsub("^.-(<svg%f[%s>])", "%1", 1)
  svg = svg:gsub("<title>.-</title>", ""):gsub("<desc>.-</desc>", "")
  svg = svg:gsub("(%sid=)([\"'])(.-)%2", "%1%2" .. prefix .. "%3%2")
  svg = svg:gsub("(href=)([\"'])#", "%1%2#" .. prefix)
  svg = svg:gsub("(url%([\"']?)#", "%1#" .. prefix)
  return svg
end

local elements = {}
for name in ("svg title desc defs g path rect circle ellipse line polyline polygon text tspan use clipPath " ..
  "filter feFlood feComposite feOffset feGaussianBlur feMerge feMergeNode feColorMatrix"):gmatch("%S+") do
  elements[name] = true
end

-- Returns anything in a picture that gnuplot would not draw, and that might be active content; else nil.
local function foreign(svg)
  if svg:match("<svg.*<svg") or not svg:match("</svg>%s*$") or svg:match("^.*</svg>(.*)</svg>") then
    return "more than one <svg>"
  end
  for name in svg:gsub("<!%-%-.-%-%->", ""):gsub("^%s*<%?xml.-%?>", ""):gmatch("<([^%s>]+)") do
    if not elements[name:gsub("^/", ""):gsub("/$", "")] then
      return "<" .. name .. ">"
    end
  end
  for tag in svg:gmatch("<[^>]*>") do
    if (" " .. tag):lower():match("[%s\"'/]on%a+%s*=") then
      return "an event"
    elseif tag:lower():match("href%s*=%s*[\"']?%s*[^#\"'%s]") then
      return "a link elsewhere"
    end
  end
end

-- The picture scales with the page: its size is left to the viewBox.
local function scalable(svg)
  local tag = svg:match("^<svg.->")
  local width, height = tag:match("%swidth=[\"']([%d.]+)"), tag:match("%sheight=[\"']([%d.]+)")
  local bare = tag:gsub("%s(width)=([\"']).-%2", "", 1):gsub("%s(height)=([\"']).-%2", "", 1)
  if not bare:find("viewBox") and width and height then
    bare = bare:gsub("^<svg", string.format('<svg viewBox="0 0 %s %s"', width, height), 1)
  end
  return bare, svg:sub(#tag + 1)
end

-- Returns the text of the <svg>; notes and returns nil if there is none.
function M.get(name, scale, label)
  local paths = {}
  for _, folder in ipairs(M.folders) do
    table.insert(paths, folder .. "/" .. scale .. "/" .. name .. ".svg")
  end
  local svg, path = files.first(paths)
  if not svg then
    missing.note("no figure %s/%s.svg in %s", scale, name, table.concat(M.folders, ", "))
    return
  elseif not svg:find("<svg%f[%s>]") then
    missing.note("%s is not an SVG", path)
    return
  elseif foreign(svg) then
    missing.note("%s has %s, which no figure of plots/draw has", path, foreign(svg))
    return
  end
  local tag, rest = scalable(tidy(svg, scale .. "-" .. name .. "-"))
  return tag:gsub("^<svg", '<svg role="img" aria-labelledby="' .. label .. '"', 1) .. rest
end

return M
