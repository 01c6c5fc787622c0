# SPDX-License-Identifier: MIT
# bench.awk - turns a table of bench (comparisons, or points of curves) into gnuplot commands.  Load gnuplot.awk first.
# It prints:
#
# cpu, threads, steps, rounds, peer   from the header of the table
# $rows         of comparisons: those of speed against PyTorch, which of `nets' and of its steps first; top: of both
# nets, steps_N the networks; the steps of the N-th
# $points       of curves: all, which of `panels' first
# panels, xs_N  the panels; distinct values of the N-th, ascending

BEGIN { FS = "\t" }

/^#/ {
  key = $0
  sub(/^# */, "", key)
  at = index(key, ": ")
  if (at)
    header[substr(key, 1, at - 1)] = substr(key, at + 2)
  next
}

!columns {
  for (columns = 1; columns <= NF; columns++)
    column[$columns] = columns
  curves = "panel" in column
  next
}

function numbers(names,    n, name, i, text) {
  n = split(names, name, " ")
  for (i = 1; i <= n; i++)
    text = text FS checked_number($column[name[i]])
  return text
}

# The number of a group; a new one is added at the end.
function group_of(name) {
  if (!(name in group)) {
    group[checked_name(name)] = ++groups
    group_list = group_list (groups > 1 ? " " : "") name
  }
  return group[name]
}

curves {
  g = group_of($column["panel"])
  x = checked_number($column["x"])
  line[++lines] = g FS checked_name($column["program"]) numbers("x images_per_s low high")
  if (!((g, x) in seen)) {
    seen[g, x] = 1
    for (i = ++of[g]; i > 1 && member[g, i - 1] + 0 > x + 0; i--)
      member[g, i] = member[g, i - 1]
    member[g, i] = x
  }
  next
}

$column["measure"] == "speed" && $column["against"] == "torch" {
  g = group_of($column["net"])
  member[g, ++of[g]] = checked_name($column["step"])
  line[++lines] = g FS of[g] numbers("value value_low value_high other other_low other_high ratio") FS \
    ($column["other_high"] + 0 > $column["value_high"] + 0 ? $column["other_high"] : $column["value_high"])
}

END {
  if (failed)
    exit 1
  split("cpu threads steps rounds peer", key_at, " ")
  for (i = 1; i in key_at; i++)
    print key_at[i] " = " quoted(header[key_at[i]])
  printf "%s\n%s\n", (curves ? "$points << END_OF_POINTS" : "$rows << END_OF_ROWS"),
    (curves ? "panel\tprogram\tx\timages_per_s\tlow\thigh" : \
      "net\tstep\tvalue\tvalue_low\tvalue_high\tother\tother_low\tother_high\tratio\ttop")
  for (i = 1; i <= lines; i++)
    print line[i]
  printf "%s\n%s = '%s'\n", (curves ? "END_OF_POINTS" : "END_OF_ROWS"), (curves ? "panels" : "nets"), group_list
  for (g = 1; g <= groups; g++) {
    printf "%s_%d = '", (curves ? "xs" : "steps"), g
    for (i = 1; i <= of[g]; i++)
      printf "%s%s", (i > 1 ? " " : ""), member[g, i]
    print "'"
  }
}
