# SPDX-License-Identifier: MIT
# memorisation.gp - train accuracy per epoch on corrupted data, a panel for each kind of corruption.
# gnuplot -d -c memorisation.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "memorisation"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "figure.gp"
if (words(conditions) == 0) {
  print sprintf("%s.gp: %s has no cell METHOD@CONDITION", figure, curves)
  exit status 1
}

figure_note = "thick, train accuracy against the given labels; lines are means" . \
  (seeds == 1 ? "" : ", bands one standard deviation to either side") . \
  (strstrt(conditions, "pixels") ? "; thin, test accuracy with shuffled pixels" : "")
figure_body = 350
load folder . "heading.gp"
called(condition) = condition eq "labels" ? "Random labels" : condition eq "pixels" ? "Shuffled pixels" : condition
curves_measure = "train_accuracy_noisy"
curves_mark = 0
panels = words(conditions)
wide = (718.0 - panels * (58 + 67)) / panels
do for [c = 1:panels] {
  curves_condition = c
  curves_left = 58 + (c - 1) * (58 + wide + 67)
  curves_right = curves_left + wide
  curves_title = called(word(conditions, c))
  curves_thin = word(conditions, c) eq "pixels" ? "test_accuracy" : ""
  load folder . "curves.gp"
}
unset multiplot
