# SPDX-License-Identifier: MIT
# means.awk - turns statistics (`holdout show --table', as TSV) of the output of measures.awk into gnuplot commands:
# $means, a row per cell, and lists of words.
#
# $means    columns place (which method), cell, method, x (NA for a cell without), group and rank (which distinct x: of all
#           in order of the table; of the numbers in ascending order), n (runs), and for each measure, in per cent, its
#           mean and, as _low and _high, one standard deviation below and above.  A method's rows ascend in x.
# methods, crossed, alone     all methods; those with an x; those without one
# x_texts                     for each of `xs' its label on an axis
# groups, xs                  distinct x: all in order of the table; those of cells that have one, ascending
# least_M, most_M             of all and then of each of `groups', the extent of a measure with its deviations, or NA
# chosen                      for each of `crossed' the rank of its best validation_accuracy_last, or NA
# end_M, alone_M              for each of `crossed' its last mean along x; for each of `alone' its mean

BEGIN {
  FS = "\t"
  measures = split("test_accuracy_last test_accuracy_best train_accuracy_noisy gap " \
    "validation_accuracy_last noise_rate_realised", measure, " ")
}

FNR == 1 { next }

!($1 in method_of) {
  at = index($1, "@")
  method_of[$1] = at ? substr($1, 1, at - 1) : $1
  x_of[$1] = at ? substr($1, at + 1) : "NA"
  note_method(method_of[$1])
  note_x(x_of[$1])
  cell_of[method_of[$1], x_of[$1]] = $1
  runs[$1] = $3
}

$4 > 0 {
  mean[$1, $2] = 100 * $5
  deviation[$1, $2] = $6 == "NA" ? 0 : 100 * $6
}

function note_method(method) {
  if (!(method in place)) {
    method_at[++methods] = method
    place[method] = methods
  }
}

function note_x(x) {
  if (x in group)
    return
  group_at[++groups] = x
  group[x] = groups
  if (x == "NA")
    return
  x_at[++xs] = x
  words = words || x !~ /^[-+]?[0-9]*[.]?[0-9]*([eE][-+]?[0-9]+)?$/
}

function sort_numbers(    i, k, x) {
  for (i = 2; i <= xs; i++) {
    x = x_at[i]
    for (k = i - 1; k >= 1 && x_at[k] + 0 > x + 0; k--)
      x_at[k + 1] = x_at[k]
    x_at[k + 1] = x
  }
}

function line_of(cell,    i, line, m, d, g) {
  g = group[x_of[cell]]
  line = place[method_of[cell]] FS cell FS method_of[cell] FS x_of[cell] FS g FS rank[x_of[cell]] FS runs[cell]
  for (i = 1; i <= measures; i++) {
    if (!((cell, measure[i]) in mean)) {
      line = line FS "NA" FS "NA" FS "NA"
      continue
    }
    m = mean[cell, measure[i]]
    d = deviation[cell, measure[i]]
    line = line sprintf("\t%.4f\t%.4f\t%.4f", m, m - d, m + d)
    widen(measure[i], 0, m, d)
    widen(measure[i], g, m, d)
    if (x_of[cell] == "NA")
      sole[measure[i], method_of[cell]] = m
    else
      last[measure[i], method_of[cell]] = m
    if (measure[i] == "validation_accuracy_last" && x_of[cell] != "NA")
      choose(method_of[cell], rank[x_of[cell]], m)
  }
  return line
}

# The first if several are equal.
function choose(method, x, m) {
  if (!best[method] || m > best_value[method]) {
    best[method] = x
    best_value[method] = m
  }
}

function widen(name, g, m, d) {
  if (!((name, g) in least) || m - d < least[name, g])
    least[name, g] = m - d
  if (!((name, g) in most) || m + d > most[name, g])
    most[name, g] = m + d
}

# Writes 0.0001 as 1e-4, which is shorter.
function text_of(x,    digits) {
  if (x !~ /^0?[.]00+[1-9]$/)
    return x
  digits = substr(x, index(x, ".") + 1)
  return substr(digits, length(digits)) "e-" length(digits)
}

function list(name, words) {
  sub(/^ /, "", words)
  printf "%s = '%s'\n", name, words
}

function known(values, name, key) {
  return " " ((name, key) in values ? sprintf("%.4f", values[name, key]) : "NA")
}

END {
  if (!words)
    sort_numbers()
  for (i = 1; i <= xs; i++)
    rank[x_at[i]] = i
  rank["NA"] = "NA"

  printf "$means << END_OF_MEANS\nplace\tcell\tmethod\tx\tgroup\trank\tn"
  for (i = 1; i <= measures; i++)
    printf "\t%s\t%s_low\t%s_high", measure[i], measure[i], measure[i]
  print ""
  for (m = 1; m <= methods; m++) {
    method = method_at[m]
    all = all " " method
    if ((method, "NA") in cell_of) {
      alone_list = alone_list " " method
      print line_of(cell_of[method, "NA"])
    }
    some = 0
    for (i = 1; i <= xs; i++) {
      if ((method, x_at[i]) in cell_of) {
        some = 1
        print line_of(cell_of[method, x_at[i]])
      }
    }
    if (some) {
      chosen_list = chosen_list " " (best[method] ? best[method] : "NA")
      crossed_list = crossed_list " " method
    }
  }
  print "END_OF_MEANS"

  list("methods", all)
  list("alone", alone_list)
  list("crossed", crossed_list)
  for (g = 1; g <= groups; g++)
    group_list = group_list " " group_at[g]
  list("groups", group_list)
  list("chosen", chosen_list)
  for (i = 1; i <= xs; i++)
    x_list = x_list " " x_at[i]
  list("xs", x_list)
  x_list = ""
  for (i = 1; i <= xs; i++)
    x_list = x_list " " text_of(x_at[i])
  list("x_texts", x_list)
  for (i = 1; i <= measures; i++) {
    name = measure[i]
    low = high = end = sole_list = ""
    for (g = 0; g <= groups; g++) {
      low = low known(least, name, g)
      high = high known(most, name, g)
    }
    for (m = 1; m <= methods; m++) {
      if (index(crossed_list " ", " " method_at[m] " "))
        end = end known(last, name, method_at[m])
      if (index(alone_list " ", " " method_at[m] " "))
        sole_list = sole_list known(sole, name, method_at[m])
    }
    list("least_" name, low)
    list("most_" name, high)
    list("end_" name, end)
    list("alone_" name, sole_list)
  }
}
