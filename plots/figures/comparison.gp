# SPDX-License-Identifier: MIT
# comparison.gp - test accuracy of each method, last and best, and beside it what the paper reports; see paper.awk.
# gnuplot -d -c comparison.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "comparison"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "figure.gp"

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
  own(v) = column("own") == 1 ? v : NaN
  from_others(v) = column("own") == 1 ? NaN : v
  y(n) = column("place")
  plot $paper using (own(column("cifar10"))):(y(0)) \
         with points pointtype 13 pointsize 0.8 linecolor rgb style_grey, \
       $paper using (from_others(column("cifar10"))):(y(0)) \
         with points pointtype 12 pointsize 0.7 linewidth 1.5 linecolor rgb style_grey, \
       $paper using "cifar10":(y(0)):(sprintf("%.1f", column("cifar10"))) \
         with labels left offset 0.9, 0 font ",12" textcolor rgb style_grey
}
unset multiplot
