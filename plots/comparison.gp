# SPDX-License-Identifier: MIT
# comparison.gp - test accuracy of each method, last and best, and beside it what the paper reports.
# gnuplot -d -c comparison.gp TABLE.tsv CURVES.tsv >FIGURE.svg
figure = "comparison"
table = ARG1
curves = ARG2
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")]
load folder . "figure.gp"
load means

# A row of the paper's that may be several of our cells stands beside each.
paper = sprintf("< awk -F '\\t' -v OFS='\\t' '/^#/ { next } !named { named = 1; print \"cell\", $4, $6; next } " . \
  "{ for (i = split($2, cell, \" \"); i; i--) print cell[i], $4, $6 }' '%s'", \
  folder . "../papers/deep-bilevel-learning/original.tsv")
place_of(cell) = system(sprintf("echo '%s' | tr ' ' '\\n' | grep -nxF '%s' | cut -d : -f 1", methods, cell))
quoted = system(sprintf("%s | cut -f 1 | tail -n +2 | tr '\\n' ' '", paper[3:*]))
has_quoted = sum [i = 1:words(quoted)] (place_of(word(quoted, i)) eq "" ? 0 : 1)

figure_note = "● last epoch" . (seeds == 1 ? "" : \
  ", mean and a bar of one standard deviation to either side") . "; ○ best epoch" . (has_quoted ? \
  ".  On the right, what the paper reports at full size: ◆ its own runs, ◇ quoted from other work" : "")
dots_rows = words(methods)
figure_body = 28 + 24 * dots_rows + 30
load folder . "heading.gp"

row(place, group) = place
names_groups = 1
load folder . "dots-names.gp"
dots_measure = "test_accuracy_last"
dots_second = "test_accuracy_best"
dots_marks = ""
gap = 34
panels = words(groups) + (has_quoted > 0)
narrow = (704 - names_right - gap * (panels - 1)) / (panels + 0.8) # the first is 1.8 times as wide
dots_right = names_right - gap
do for [g = 1:words(groups)] {
  dots_group = g
  dots_left = dots_right + gap
  dots_right = dots_left + narrow * (g == 1 && panels > 1 ? 1.8 : panels > 1 ? 1 : 1.8)
  dots_title = word(groups, g) eq "NA" ? "Test accuracy" : style_called(word(groups, g))
  load folder . "dots.gp"
}

if (has_quoted) {
  dots_left = dots_right + gap
  dots_right = 704
  dots_title = "Paper, CIFAR-10"
  dots_least = 62
  dots_most = 96
  load folder . "dots-axes.gp"
  set xtics 70, dots_right - dots_left > 160 ? 10 : 20
  own(v) = strcol("from") eq "no reference given" ? v : NaN
  from_others(v) = strcol("from") eq "no reference given" ? NaN : v
  y(n) = (paper_row = place_of(strcol("cell")), paper_row eq "" ? NaN : paper_row + 0)
  plot paper using (own(column("cifar10"))):(y(0)) \
         with points pointtype 13 pointsize 0.8 linecolor rgb style_grey, \
       paper using (from_others(column("cifar10"))):(y(0)) \
         with points pointtype 12 pointsize 0.7 linewidth 1.5 linecolor rgb style_grey, \
       paper using "cifar10":(y(0)):(sprintf("%.1f", column("cifar10"))) \
         with labels left offset 0.9, 0 font ",12" textcolor rgb style_grey
}
unset multiplot
