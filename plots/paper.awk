# SPDX-License-Identifier: MIT
# paper.awk - turns a table of runs and original.tsv into gnuplot commands.  Load gnuplot.awk first.  It prints:
#
# $paper      columns place (which of the methods), cifar10 (the paper's result) and own (1 for its own runs)
# has_quoted  its number of rows.  A row of the paper that may be several of our cells appears beside each.

BEGIN { FS = "\t" }
FNR == 1 { file++; named = 0 }
/^#/ { next }

!named {
  named = 1
  for (i = 1; i <= NF; i++)
    column[file, $i] = i
  next
}

file == 1 {
  method = $column[1, "cell"]
  sub(/@.*/, "", method)
  if (!(method in place))
    place[method] = ++methods
  next
}

{
  for (i = split($column[2, "cells"], cell, " "); i; i--)
    if (cell[i] in place)
      line[++lines] = place[cell[i]] FS checked_number($column[2, "cifar10"]) FS \
        ($column[2, "from"] == "no reference given")
}

END {
  if (failed)
    exit 1
  print "$paper << END_OF_PAPER\nplace\tcifar10\town"
  for (i = 1; i <= lines; i++)
    print line[i]
  printf "END_OF_PAPER\nhas_quoted = %d\n", lines
}
