# SPDX-License-Identifier: MIT
# claims.awk - judges each stated claim by the results, at every scale.  The rule was fixed before there were results:
#
#   the mean over seeds of the paired difference A - B, times the expected sign, exceeds twice its standard error:
#   reproduced; is below minus twice: not reproduced; else inconclusive, as are fewer than three seeds.
#   No runs of A or B: not tested.
#
# Of what is no claim of the paper nothing can be reproduced: there the words are yes and no.
#
#   folders=RESULTS:RESULTS awk -v scales='quick small' -f claims.awk claims-stated.tsv >claims.tsv
#
# The first of the folders that has SCALE/EXPERIMENT.tsv is read.  A and B are cells, or `CELL - CELL'; METHOD@min and
# METHOD@max are the cells of that method with the least and the largest number that any method has behind the @.

BEGIN {
  FS = OFS = "\t"
  folder_n = split(ENVIRON["folders"], folder, ":")
  scale_n = split(scales, scale, " ")
  least_seeds = 3
}

function fail(text) {
  print "claims.awk: " FILENAME ", line " FNR ": " text >"/dev/stderr"
  failed = 1
  exit 1
}

# Reads a table once: value[table, cell, seed, column], seeds[table, cell], extreme[table, "min" or "max"].
function load(table,    i, path, line, field, n, name, named) {
  if (table in loaded)
    return loaded[table]
  for (i = 1; i <= folder_n; i++) {
    path = folder[i] "/" table ".tsv"
    while ((getline line < path) > 0) {
      if (line ~ /^#/ || line == "")
        continue
      n = split(line, field, FS)
      if (named == "")
        for (named = path; n > 0; n--)
          name[n] = field[n]
      else
        note_row(table, field, n, name)
    }
    close(path)
    if (named != "")
      break
  }
  return loaded[table] = named
}

function note_row(table, field, n, name,    i, row, cell, x) {
  for (i = 1; i <= n; i++)
    row[name[i]] = field[i]
  cell = row["cell"]
  seeds[table, cell] = seeds[table, cell] " " row["seed"]
  for (i = 1; i <= n; i++)
    value[table, cell, row["seed"], name[i]] = field[i]
  x = cell
  if (!sub(/^[^@]*@/, "", x) || x !~ /^[0-9.eE+-]+$/)
    return
  if (!((table, "min") in extreme) || x + 0 < extreme[table, "min"] + 0)
    extreme[table, "min"] = x
  if (!((table, "max") in extreme) || x + 0 > extreme[table, "max"] + 0)
    extreme[table, "max"] = x
}

# METHOD@max as the cell it stands for.
function resolve(table, cell,    part) {
  split(cell, part, "@")
  return (table, part[2]) in extreme ? part[1] "@" extreme[table, part[2]] : cell
}

# Sets `got', for that seed; 0 when something is missing, whose name is then in `lacking'.
function evaluate(table, expression, seed, column,    n, part, i, cell, v) {
  n = split(expression, part, " - ")
  for (i = 1; i <= n; i++) {
    cell = resolve(table, part[i])
    if (!((table, cell) in seeds)) {
      lacking = part[i]
      return 0
    }
    if (!((table, cell, seed, column) in value) || value[table, cell, seed, column] == "NA")
      return 0
    v = value[table, cell, seed, column]
    got = i == 1 ? v : got - v
  }
  return 1
}

# Sets n, mean, se of A - B, and lacking.
function compare(table, a, b, column,    list, seed_n, seed, i, first, d, square, x) {
  n = mean = square = 0
  se = "NA"
  lacking = ""
  split(a, first, " - ")
  x = resolve(table, first[1])
  if (!((table, x) in seeds)) {
    lacking = first[1]
    return
  }
  seed_n = split(seeds[table, x], seed, " ")
  for (i = 1; i <= seed_n; i++) {
    if (!evaluate(table, a, seed[i], column))
      continue
    x = got
    if (!evaluate(table, b, seed[i], column))
      continue
    d[++n] = x - got
    mean += d[n]
  }
  if (n)
    mean /= n
  for (i = 1; i <= n; i++)
    square += (d[i] - mean) ^ 2
  if (n > 1)
    se = sqrt(square / (n - 1) / n)
}

# Difference, standard error, seeds, verdict, reason: the columns of a scale.
function judge(table, kind, a, b, column, sign,    signed) {
  if (load(table) == "")
    return "NA" OFS "NA" OFS 0 OFS "not tested" OFS "no runs"
  compare(table, a, b, column)
  if (!n)
    return "NA" OFS "NA" OFS 0 OFS "not tested" OFS (lacking == "" ? "no seeds in common" : "no runs of " lacking)
  signed = sprintf("%.6f", mean) OFS (se == "NA" ? se : sprintf("%.6f", se)) OFS n OFS
  if (n < least_seeds)
    return signed "inconclusive" OFS "fewer than " least_seeds " seeds"
  if (sign * mean > 2 * se)
    return signed (kind == "paper" ? "reproduced" : "yes") OFS "NA"
  if (sign * mean < -2 * se)
    return signed (kind == "paper" ? "not reproduced" : "no") OFS "NA"
  return signed "inconclusive" OFS "within twice the standard error"
}

/^#/ || /^$/ { next }
!stated {
  stated = NF
  for (i = 1; i <= NF; i++)
    at[$i] = i
  split("id kind experiment a b column sign reason", needed, " ")
  for (i in needed)
    if (!(needed[i] in at))
      fail("there is no column " needed[i])
  line = $0
  for (i = 1; i <= scale_n; i++)
    line = line OFS scale[i] "_difference" OFS scale[i] "_error" OFS scale[i] "_seeds" OFS scale[i] "_verdict" OFS scale[i] "_reason"
  print line
  next
}
NF != stated { fail(NF " fields, not " stated) }
$at["id"] in known { fail("claim " $at["id"] " is stated twice") }
$at["kind"] !~ /^(paper|open|control)$/ { fail("claim " $at["id"] ": its kind is none of paper, open, control") }
$at["experiment"] != "NA" && $at["sign"] !~ /^[+-]1$/ { fail("claim " $at["id"] ": its sign is neither +1 nor -1") }
$at["experiment"] == "NA" && $at["reason"] == "NA" { fail("claim " $at["id"] " is not tested, and no reason is given") }
{
  known[$at["id"]]
  line = $0
  for (i = 1; i <= scale_n; i++)
    line = line OFS ($at["experiment"] == "NA" ? "NA" OFS "NA" OFS 0 OFS "not tested" OFS $at["reason"] : \
      judge(scale[i] "/" $at["experiment"], $at["kind"], $at["a"], $at["b"], $at["column"], $at["sign"]))
  print line
}
END { exit failed }
