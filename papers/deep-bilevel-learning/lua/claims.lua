-- SPDX-License-Identifier: MIT
-- claims.lua - the table that claims.awk makes: each claim with our difference and a verdict, by scale.
local files, missing, names, results = require "files", require "missing", require "names", require "results"
local M = { path = nil, table = nil }

local kinds = {
  paper = "the paper’s claim",
  open = "a question; whether the paper asks it is unknown to us",
  control = "our control, no claim of the paper",
}

function M.all()
  if not M.table then
    local text = M.path and files.first { M.path }
    if not text then
      missing.note("no claims %s", M.path or "(no file given)")
    end
    M.table = files.parse(text or "")
  end
  return M.table.rows
end

function M.get(id)
  for _, claim in ipairs(M.all()) do
    if claim.id == id then
      return claim
    end
  end
  missing.note("no claim %s in %s", id, M.path or "(no file given)")
end

function M.of(experiment)
  local list = {}
  for _, claim in ipairs(M.all()) do
    if not experiment or claim.experiment == experiment then
      table.insert(list, claim)
    end
  end
  if #list == 0 then
    missing.note("no claims of %s in %s", experiment or "any experiment", M.path or "(no file given)")
  end
  return list
end

-- "the paper’s claim: 87.0 against 69.6"
function M.kind(claim)
  return kinds[claim.kind] .. (claim.kind == "paper" and ": " .. M.paper(claim) .. " (" .. claim.source .. ")" or "")
end

function M.verdict(claim, scale)
  local verdict = claim[scale .. "_verdict"]
  return verdict or missing.note("the claims have no verdicts at scale %s", scale)
end

-- "87.0 against 69.6", "unknown"
function M.paper(claim)
  if claim.kind ~= "paper" then
    return claim.kind == "open" and "unknown" or "does not ask"
  elseif claim.paper_a == "NA" or claim.paper_b == "NA" then
    return claim.paper_a == "NA" and "its numbers are unknown" or claim.paper_a
  end
  return string.format("%s against %s", claim.paper_a, claim.paper_b)
end

-- "quick scale (Fashion-MNIST, mlp)": what the verdict is about
function M.where(claim, scale)
  local t = results.find(claim.experiment, scale)
  local row = t and t.rows[1]
  for _, candidate in ipairs(t and t.rows or {}) do
    if candidate.cell == claim.a:match("^%S+") then
      row = candidate
      break
    end
  end
  return scale .. " scale" .. (row and row.net and string.format(" (%s, %s)", names.dataset(row.dataset), row.net) or "")
end

-- "+8.53 ± 1.21 over 3 seeds", or why there is none
function M.ours(claim, scale)
  local mean, se, n = tonumber(claim[scale .. "_difference"]), tonumber(claim[scale .. "_error"]), claim[scale .. "_seeds"]
  if not mean then
    return claim[scale .. "_reason"] or "no runs"
  end
  return results.show_difference({ mean = mean, se = se }, claim.column) .. " over " .. results.seeds(tonumber(n))
end

return M
