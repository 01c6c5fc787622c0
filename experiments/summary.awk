# SPDX-License-Identifier: MIT
# summary.awk - reads a table of runs, prints what it shows: a line per cell, then paired differences.
#
# cells: names in order.  pairs: `A B,C D,': test accuracy of A minus that of B, over equal seeds.
# A number that a run does not have, NA, makes the mean of its cell `-'.
# A difference at the last epoch counts when its mean exceeds twice its standard error.

function mean(cell, column,    i, sum) {
  for (i = 1; i <= n[cell]; i++)
    sum += value[cell, i, column]
  return sum / n[cell]
}

function spread(cell, column,    i, m, sum) {
  m = mean(cell, column)
  for (i = 1; i <= n[cell]; i++)
    sum += (value[cell, i, column] - m) ^ 2
  return sqrt(sum / (n[cell] - 1))
}

function unknown(cell, column,    i) {
  for (i = 1; i <= n[cell]; i++)
    if (value[cell, i, column] == "NA")
      return 1
  return 0
}

function show(cell, column) {
  if (unknown(cell, column))
    return "-"
  if (n[cell] < 2)
    return sprintf("%.2f", 100 * mean(cell, column))
  return sprintf("%.2f +- %.2f", 100 * mean(cell, column), 100 * spread(cell, column))
}

# Sets pairs_n, difference and error for a column, in per cent.
function compare(a, b, column,    i, seed, d, square) {
  pairs_n = difference = error = square = 0
  if (unknown(a, column) || unknown(b, column))
    return "-"
  for (i = 1; i <= n[a]; i++) {
    seed = value[a, i, "seed"]
    if ((b, seed, column) in of_seed)
      difference += d[++pairs_n] = 100 * (value[a, i, column] - of_seed[b, seed, column])
  }
  if (pairs_n)
    difference /= pairs_n
  for (i = 1; i <= pairs_n; i++)
    square += (d[i] - difference) ^ 2
  if (pairs_n > 1)
    error = sqrt(square / (pairs_n - 1) / pairs_n)
  return pairs_n < 2 ? sprintf("%+.2f", difference) : sprintf("%+.2f +- %.2f", difference, error)
}

function print_pair(a, b,    best, last) {
  best = compare(a, b, "test_accuracy_best")
  last = compare(a, b, "test_accuracy_last")
  if (!pairs_n)
    return
  if (!printed++) {
    print "\nPaired differences of test accuracy over equal seeds, mean +- standard error:\n"
    printf "%-" 2 * width + 3 "s  %-15s %-15s %s\n", "", "last epoch", "best epoch", "at the last epoch"
  }
  printf "%-" 2 * width + 3 "s  %-15s %-15s %s\n", a " - " b, last, best, verdict(a, b)
}

function verdict(a, b) {
  if (pairs_n < 2)
    return "one seed tells nothing of the spread"
  if (pairs_n < 3)
    return "inconclusive: fewer than three seeds"
  if (difference > 2 * error)
    return a " is better: more than twice the standard error"
  if (difference < -2 * error)
    return a " is worse: more than twice the standard error"
  return "inconclusive: within twice the standard error"
}

/^#/ { next }
!named { for (i = 1; i <= NF; i++) name[i] = $i; named = 1; next }
{
  n[$1]++
  for (i = 2; i <= NF; i++)
    value[$1, n[$1], name[i]] = $i
  for (i = 2; i <= NF; i++)
    of_seed[$1, value[$1, n[$1], "seed"], name[i]] = $i
}

END {
  count = split(cells, cell, " ")
  for (i = 1; i <= count; i++)
    if (n[cell[i]] && length(cell[i]) > width)
      width = length(cell[i])
  format = "%-" width + 1 "s %5s  %-15s %-15s %-15s %-15s %s\n"
  printf format, "", "", "test", "test", "train", "train", "wrong"
  printf format, "cell", "seeds", "last epoch", "best epoch", "given labels", "true labels", "labels"
  for (i = 1; i <= count; i++)
    if (n[cell[i]])
      printf format, cell[i], n[cell[i]], show(cell[i], "test_accuracy_last"), show(cell[i], "test_accuracy_best"),
        show(cell[i], "train_accuracy_noisy"), show(cell[i], "train_accuracy_clean"),
        unknown(cell[i], "noise_rate_realised") ? "-" : sprintf("%.2f", 100 * mean(cell[i], "noise_rate_realised"))
  count = split(pairs, pair, ",")
  if (count < 2)
    exit
  for (i = 1; i < count; i++) {
    split(pair[i], side, " ")
    print_pair(side[1], side[2])
  }
}
