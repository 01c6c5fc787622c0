# SPDX-License-Identifier: MIT
# claims.awk - judges each stated claim by the results, at every scale.  The rule was fixed before there were results:
#
#   the mean over seeds of the paired difference A - B, times the expected sign, exceeds twice its standard error:
#   reproduced; is below minus twice: not reproduced; else inconclusive, as are fewer than three seeds.
#   No runs of A or B: not tested.
#
# Statements that are not the paper's get yes or no instead.
#
#   awk -v list=EXPERIMENT -f claims.awk claims-stated.tsv
#
# prints what to compute for the claims of an experiment, one expression per line: cells and contrasts.
#
#   folder=STATISTICS awk -v scales='quick small' -f claims.awk claims-stated.tsv >claims.tsv
#
# STATISTICS/SCALE/EXPERIMENT.tsv is what `holdout show --table' prints of these; it is missing if there are no runs.
# A and B are cells, or `CELL - CELL'; METHOD@min and METHOD@max are the cells of that method with the least and the
# largest number that any method has after the @.

BEGIN {
  FS = OFS = "\t"
  folder = ENVIRON["folder"]
  scale_n = split(scales, scale, " ")
  least_seeds = 3
}

function fail(text) {
  print "claims.awk: " FILENAME ", line " FNR ": " text >"/dev/stderr"
  failed = 1
  exit 1
}

function contrast(a, b) {
  return a " - " (b ~ / - / ? "(" b ")" : b)
}

# Reads statistics once: runs[table, expression], n, mean and error[table, expression, column].
function load(table,    path, line, field) {
  if (table in loaded)
    return loaded[table]
  path = folder "/" table ".tsv"
  while ((getline line < path) > 0) {
    loaded[table] = path
    split(line, field, FS)
    runs[table, field[1]] = field[3]
    n[table, field[1], field[2]] = field[4]
    mean[table, field[1], field[2]] = field[5]
    error[table, field[1], field[2]] = field[7]
  }
  close(path)
  return loaded[table]
}

# Returns the first cell of an expression that has no runs.
function lacking(table, expression,    part, parts, i) {
  parts = split(expression, part, " - ")
  for (i = 1; i <= parts; i++)
    if (!runs[table, part[i]])
      return part[i]
  return ""
}

# Returns why there is no number.
function reason(table, a, b,    cell) {
  cell = lacking(table, a)
  if (cell == "")
    cell = lacking(table, b)
  return cell == "" ? "no seeds in common" : "no runs of " cell
}

# Difference, standard error, seeds, verdict, reason: the columns of a scale.
function judge(table, kind, a, b, column, sign,    key, m, se, told) {
  if (load(table) == "")
    return "NA" OFS "NA" OFS 0 OFS "not tested" OFS "no runs"
  key = table SUBSEP contrast(a, b) SUBSEP column
  if (!n[key])
    return "NA" OFS "NA" OFS 0 OFS "not tested" OFS reason(table, a, b)
  m = mean[key]
  se = error[key]
  told = sprintf("%.6f", m) OFS (se == "NA" ? se : sprintf("%.6f", se)) OFS n[key] OFS
  if (n[key] < least_seeds)
    return told "inconclusive" OFS "fewer than " least_seeds " seeds"
  if (sign * m > 2 * se)
    return told (kind == "paper" ? "reproduced" : "yes") OFS "NA"
  if (sign * m < -2 * se)
    return told (kind == "paper" ? "not reproduced" : "no") OFS "NA"
  return told "inconclusive" OFS "within twice the standard error"
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
  if (list != "")
    next
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
list != "" {
  if ($at["experiment"] == list) {
    cells = split($at["a"] " - " $at["b"], cell, " - ")
    for (i = 1; i <= cells; i++)
      print cell[i]
    print contrast($at["a"], $at["b"])
  }
  next
}
{
  known[$at["id"]]
  line = $0
  for (i = 1; i <= scale_n; i++)
    line = line OFS ($at["experiment"] == "NA" ? "NA" OFS "NA" OFS 0 OFS "not tested" OFS $at["reason"] : \
      judge(scale[i] "/" $at["experiment"], $at["kind"], $at["a"], $at["b"], $at["column"], $at["sign"]))
  print line
}
END { exit failed }
