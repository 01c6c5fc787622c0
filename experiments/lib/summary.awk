# SPDX-License-Identifier: MIT
# summary.awk - reads statistics over seeds (`holdout show --table', as TSV), prints them in readable form: a line per cell,
# then a line per paired difference of test accuracy.
#
# cells: names in order.  pairs: contrasts `A - B', separated by commas, which also have statistics.
# A cell with a number missing in one of its runs has `-' there.
# A difference at the last epoch counts if its mean exceeds twice its standard error.

BEGIN { FS = "\t" }

FNR > 1 {
  runs[$1] = $3
  n[$1, $2] = $4
  mean[$1, $2] = 100 * $5
  deviation[$1, $2] = 100 * $6
  error[$1, $2] = 100 * $7
}

function complete(cell, column) {
  return runs[cell] && n[cell, column] == runs[cell]
}

function show(cell, column) {
  if (!complete(cell, column))
    return "-"
  if (runs[cell] < 2)
    return sprintf("%.2f", mean[cell, column])
  return sprintf("%.2f +- %.2f", mean[cell, column], deviation[cell, column])
}

function show_difference(a, b, column,    pair) {
  pair = a " - " b
  if (!complete(a, column) || !complete(b, column))
    return "-"
  return n[pair, column] < 2 ? sprintf("%+.2f", mean[pair, column]) : \
    sprintf("%+.2f +- %.2f", mean[pair, column], error[pair, column])
}

function print_pair(pair,    side) {
  split(pair, side, " - ")
  if (!n[pair, "test_accuracy_last"])
    return
  if (!printed++) {
    print "\nPaired differences of test accuracy over equal seeds, mean +- standard error:\n"
    printf "%-" 2 * width + 3 "s  %-15s %-15s %s\n", "", "last epoch", "best epoch", "at the last epoch"
  }
  printf "%-" 2 * width + 3 "s  %-15s %-15s %s\n", pair, show_difference(side[1], side[2], "test_accuracy_last"),
    show_difference(side[1], side[2], "test_accuracy_best"), verdict(pair, side[1])
}

function verdict(pair, a,    pairs_n, difference, twice) {
  pairs_n = n[pair, "test_accuracy_last"]
  difference = mean[pair, "test_accuracy_last"]
  twice = 2 * error[pair, "test_accuracy_last"]
  if (pairs_n < 2)
    return "one seed says nothing about the spread"
  if (pairs_n < 3)
    return "inconclusive: fewer than three seeds"
  if (difference > twice)
    return a " is better: more than twice the standard error"
  if (difference < -twice)
    return a " is worse: more than twice the standard error"
  return "inconclusive: within twice the standard error"
}

END {
  count = split(cells, cell, " ")
  for (i = 1; i <= count; i++)
    if (runs[cell[i]] && length(cell[i]) > width)
      width = length(cell[i])
  format = "%-" width + 1 "s %5s  %-15s %-15s %-15s %-15s %s\n"
  printf format, "", "", "test", "test", "train", "train", "wrong"
  printf format, "cell", "seeds", "last epoch", "best epoch", "given labels", "true labels", "labels"
  for (i = 1; i <= count; i++)
    if (runs[cell[i]])
      printf format, cell[i], runs[cell[i]], show(cell[i], "test_accuracy_last"), show(cell[i], "test_accuracy_best"),
        show(cell[i], "train_accuracy_noisy"), show(cell[i], "train_accuracy_clean"),
        complete(cell[i], "noise_rate_realised") ? sprintf("%.2f", mean[cell[i], "noise_rate_realised"]) : "-"
  count = split(pairs, pair, ",")
  for (i = 1; i <= count; i++)
    print_pair(pair[i])
}
