# SPDX-License-Identifier: MIT
# curves.awk - curves over epochs, computed by `holdout show --table', which knows only cells.
#
# step=join    reads rows CELL EPOCH VALUES..., one for each seed; prints a table whose cells are `CELL EPOCH'
# step=part    reads the statistics of that; prints a row for each cell and epoch with mean and standard deviation of
#              each value over seeds, NA where one of the runs has none
# names: the names of the values.

BEGIN {
  FS = OFS = "\t"
  n = split(names, name, " ")
  line = step == "join" ? "cell" : "cell" OFS "method" OFS "x" OFS "epoch" OFS "seeds"
  for (i = 1; i <= n; i++)
    line = line OFS (step == "join" ? name[i] : name[i] "_mean" OFS name[i] "_sd")
  print line
}

step == "join" {
  line = $1 " " $2
  for (i = 1; i <= n; i++)
    line = line OFS $(i + 2)
  print line
  next
}

FNR == 1 { next }

{
  if (!($1 in runs))
    order[++keys] = $1
  runs[$1] = $3
  known = $4 == $3
  mean[$1, $2] = known ? sprintf("%.6f", $5) : "NA"
  deviation[$1, $2] = known && $3 > 1 ? sprintf("%.6f", $6) : "NA"
}

function method(cell) {
  sub(/@.*/, "", cell)
  return cell
}

function condition(cell) {
  return sub(/^[^@]*@/, "", cell) ? cell : "NA"
}

END {
  for (k = 1; k <= keys; k++) {
    split(order[k], part, " ")
    line = part[1] OFS method(part[1]) OFS condition(part[1]) OFS part[2] OFS runs[order[k]]
    for (i = 1; i <= n; i++)
      line = line OFS mean[order[k], name[i]] OFS deviation[order[k], name[i]]
    print line
  }
}
