# SPDX-License-Identifier: MIT
# ablation-components.gp - test accuracy, and train accuracy against the given labels, of bilevel without its parts.
# gnuplot -d -c ablation-components.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "ablation-components"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "figure.gp"

figure_note = "● last epoch" . (seeds == 1 ? "" : \
  ", mean and a bar of one standard deviation to either side") . "; ○ best epoch" . \
  (words(groups) == 1 && true_share > 0 ? "; dotted, the share of true labels" : "")
dots_rows = words(methods)
figure_body = 28 + 24 * dots_rows + 30
load folder . "heading.gp"

row(place, group) = place
names_groups = 1
dots_group = 0
load folder . "dots-names.gp"
dots_measure = "test_accuracy_last"
dots_second = "test_accuracy_best"
dots_marks = ""
panels = words(groups)
wide = (704 - names_right - 34) / 2.0
titled(group) = group eq "NA" ? "Test accuracy" : group eq "plain" ? "Test accuracy, no batch norm" : \
  group eq "batch-norm" ? "Test accuracy, batch norm" : "Test accuracy, " . group
do for [g = 1:least(panels, 2)] {
  dots_group = g
  dots_left = names_right + (g - 1) * (wide + 34)
  dots_right = dots_left + wide
  dots_title = titled(word(groups, g))
  load folder . "dots.gp"
}

if (panels == 1) {
  dots_left = dots_right + 34
  dots_right = 704
  dots_title = "Train accuracy, given labels"
  dots_measure = "train_accuracy_noisy"
  dots_second = ""
  dots_marks = true_share > 0 ? sprintf("%g", true_share) : ""
  load folder . "dots.gp"
}
unset multiplot
