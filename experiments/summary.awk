# SPDX-License-Identifier: MIT
# summary.awk - reads a table of runs, prints what it shows: a line per cell, then paired differences.
#
# cells: names in order.  pairs: `A B,C D,': the last epoch's test accuracy of A minus that of B, over equal seeds.
# A difference counts when its mean exceeds twice its standard error.

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

function show(cell, column) {
  if (n[cell] < 2)
    return sprintf("%.2f", 100 * mean(cell, column))
  return sprintf("%.2f +- %.2f", 100 * mean(cell, column), 100 * spread(cell, column))
}

function print_pair(a, b,    i, seed, d, m, sum, square, error) {
  for (i = 1; i <= n[a]; i++) {
    seed = value[a, i, "seed"]
    if (!((b, seed) in last))
      continue
    d[++m] = 100 * (value[a, i, "test_accuracy_last"] - last[b, seed])
    sum += d[m]
  }
  if (!m)
    return
  sum /= m
  for (i = 1; i <= m; i++)
    square += (d[i] - sum) ^ 2
  if (m < 2) {
    printf "  %-20s %+6.2f            one seed shows nothing about spread\n", a " - " b, sum
    return
  }
  error = sqrt(square / (m - 1) / m)
  printf "  %-20s %+6.2f +- %.2f    %s\n", a " - " b, sum, error, verdict(a, b, sum, error)
}

function verdict(a, b, difference, error) {
  if (difference > 2 * error)
    return a " is better than " b ": more than twice the standard error"
  if (difference < -2 * error)
    return a " is worse than " b ": more than twice the standard error"
  return "inconclusive: no more than twice the standard error"
}

/^#/ { next }
!named { for (i = 1; i <= NF; i++) name[i] = $i; named = 1; next }
{
  n[$1]++
  for (i = 2; i <= NF; i++)
    value[$1, n[$1], name[i]] = $i
  last[$1, value[$1, n[$1], "seed"]] = value[$1, n[$1], "test_accuracy_last"]
}

END {
  format = "%-10s %5s  %-15s %-15s %-15s %-15s %s\n"
  printf format, "", "", "test", "test", "train", "train", "wrong"
  printf format, "cell", "seeds", "last epoch", "best epoch", "given labels", "true labels", "labels"
  count = split(cells, cell, " ")
  for (i = 1; i <= count; i++)
    if (n[cell[i]])
      printf format, cell[i], n[cell[i]], show(cell[i], "test_accuracy_last"), show(cell[i], "test_accuracy_best"),
        show(cell[i], "train_accuracy_noisy"), show(cell[i], "train_accuracy_clean"),
        sprintf("%.2f", 100 * mean(cell[i], "noise_rate_realised"))
  print "\nPaired differences of test accuracy at the last epoch, mean +- standard error over equal seeds:\n"
  count = split(pairs, pair, ",")
  for (i = 1; i < count; i++) {
    split(pair[i], side, " ")
    print_pair(side[1], side[2])
  }
}
