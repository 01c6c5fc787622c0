# SPDX-License-Identifier: MIT
# markdown.awk - makes a table in Markdown from a table of runs: mean and standard deviation over seeds, in per cent,
# of the cells without a condition; in the last column what the paper reports.  What is NA is a dash: `air' has no best epoch.
#
# awk -f markdown.awk original.tsv comparison.tsv       original.tsv: the paper's numbers, by our cells

# A number of every run, or none.
function known(cell, column,    i) {
  for (i = 1; i <= n[cell] && value[cell, i, column] != "NA"; i++)
    ;
  return i > n[cell]
}

# A cell's name, between backticks.
function name_of(cell) {
  gsub(/[^-+.A-Za-z0-9_:=@]/, "?", cell)
  return cell
}

# What Markdown would take for something else.
function plain(text) {
  gsub(/[][<>|`*\\]/, "\\\\&", text)
  return text
}

function mean(cell, column,    i, sum) {
  for (i = 1; i <= n[cell]; i++)
    sum += value[cell, i, column]
  return sum / n[cell]
}

function shown(cell, column,    i, m, sum) {
  if (!known(cell, column))
    return "–"
  m = mean(cell, column)
  for (i = 1; i <= n[cell]; i++)
    sum += (value[cell, i, column] - m) ^ 2
  return n[cell] < 2 ? sprintf("%.1f", 100 * m) : sprintf("%.1f ± %.1f", 100 * m, 100 * sqrt(sum / (n[cell] - 1)))
}

BEGIN { FS = "\t" }
FNR == 1 { named = 0; file++ }
file == 2 && /^# title: / { title = substr($0, 10) }
/^#/ { next }
!named { split("", at); for (i = 1; i <= NF; i++) at[$i] = i; named = 1; next }
file == 1 {
  for (i = split($at["cells"], cell, " "); i; i--)
    paper[cell[i]] = $at["cifar10"]
  next
}
$at["x"] != "NA" { next }
{
  if (!n[$1]++)
    order[++cells] = $1
  for (name in at)
    value[$1, n[$1], name] = $at[name]
}

END {
  sub(/ and CIFAR-100/, "", title) # whose cells have a condition
  print plain(title) "; per cent.\n"
  print "| method | seeds | test, last epoch | test, best epoch | train, given labels | paper, full size |"
  print "|---|---|---|---|---|---|"
  for (i = 1; i <= cells; i++) {
    c = order[i]
    printf "| `%s` | %d | %s | %s | %s | %s |\n", name_of(c), n[c], shown(c, "test_accuracy_last"),
      shown(c, "test_accuracy_best"), shown(c, "train_accuracy_noisy"), c in paper ? paper[c] : ""
  }
}
