# SPDX-License-Identifier: MIT
# measures.awk - reads a table of runs, checks it, and prints the columns that figures show: the cell, the measures, and
# `gap', train accuracy minus test accuracy.  Load gnuplot.awk first.

BEGIN {
  FS = OFS = "\t"
  measures = split("test_accuracy_last test_accuracy_best train_accuracy_noisy validation_accuracy_last " \
    "noise_rate_realised", measure, " ")
  line = "cell"
  for (i = 1; i <= measures; i++)
    line = line OFS measure[i]
  print line, "gap"
}

/^#/ { next }

!columns {
  for (columns = 1; columns <= NF; columns++)
    column[$columns] = columns
  next
}

{
  line = checked_name($column["cell"])
  for (i = 1; i <= measures; i++)
    line = line OFS reading(measure[i])
  print line, gap(reading("train_accuracy_noisy"), reading("test_accuracy_last"))
}

function reading(name) {
  return name in column && $column[name] != "" ? checked_number($column[name]) : "NA"
}

function gap(train, test) {
  return train == "NA" || test == "NA" ? "NA" : sprintf("%.17g", train - test)
}
