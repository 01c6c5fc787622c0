# SPDX-License-Identifier: MIT
# markdown.awk - makes the table of README.md: mean and standard deviation over seeds, in per cent, of the cells without
# a condition; in the last column what the paper reports.  A number that is missing in one of the runs is a dash: `air' has no
# best epoch.
#
# awk -f markdown.awk ORIGINAL TABLE STATISTICS      the paper's numbers, by our cells; the runs, for the title; their
#                                                    statistics (`holdout show --table', as TSV)

# A cell's name, between backticks.
function name_of(cell) {
  gsub(/[^-+.A-Za-z0-9_:=@]/, "?", cell)
  return cell
}

# Escapes characters that are special in Markdown.
function plain(text) {
  gsub(/[][<>|`*\\]/, "\\\\&", text)
  return text
}

function shown(cell, column) {
  if (n[cell, column] != runs[cell])
    return "–"
  return runs[cell] < 2 ? sprintf("%.1f", mean[cell, column]) : \
    sprintf("%.1f ± %.1f", mean[cell, column], deviation[cell, column])
}

BEGIN { FS = "\t" }
FNR == 1 { named = 0; file++ }
file == 2 {
  if (/^# title: /)
    title = substr($0, 10)
  next
}
/^#/ { next }
!named { split("", at); for (i = 1; i <= NF; i++) at[$i] = i; named = 1; next }
file == 1 {
  for (i = split($at["cells"], cell, " "); i; i--)
    paper[cell[i]] = $at["cifar10"]
  next
}
$1 ~ /@/ { next }
{
  if (!($1 in runs))
    order[++cells] = $1
  runs[$1] = $at["runs"]
  n[$1, $at["column"]] = $at["n"]
  mean[$1, $at["column"]] = 100 * $at["mean"]
  deviation[$1, $at["column"]] = 100 * $at["standard_deviation"]
}

END {
  sub(/ and CIFAR-100/, "", title) # whose cells have a condition
  print plain(title) "; per cent.\n"
  print "| method | seeds | test, last epoch | test, best epoch | train, given labels | paper, full size |"
  print "|---|---|---|---|---|---|"
  for (i = 1; i <= cells; i++) {
    c = order[i]
    printf "| `%s` | %d | %s | %s | %s | %s |\n", name_of(c), runs[c], shown(c, "test_accuracy_last"),
      shown(c, "test_accuracy_best"), shown(c, "train_accuracy_noisy"), c in paper ? paper[c] : ""
  }
}
