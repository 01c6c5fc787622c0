# SPDX-License-Identifier: MIT
# human-noise.gp - test accuracy, and train accuracy against the given labels, under each set of people's labels.
# gnuplot -d -c human-noise.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "human-noise"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "figure.gp"

figure_note = "● last epoch" . (seeds == 1 ? "" : \
  ", mean and a bar of one standard deviation to either side") . \
  "; ○ best epoch; in brackets, the share of wrong labels; dotted, of true ones"
tall = words(methods) + 1 # a row for the name of the set, one for each method
dots_rows = tall * words(groups)
figure_body = 28 + 24 * dots_rows + 30
load folder . "heading.gp"

row(place, group) = tall * (group - 1) + 1 + place
names_groups = words(groups)
dots_group = 0
load folder . "dots-names.gp"
true_shares = ""
do for [g = 1:words(groups)] {
  wrong = word(most_noise_rate_realised, g + 1)
  set label word(groups, g) . (wrong eq "NA" ? "" : sprintf(" (%.0f %%)", wrong + 0)) \
    at screen across(10), first row(0, g) left textcolor rgb style_ink
  if (wrong ne "NA") { true_shares = true_shares . sprintf(" %.4f", 100 - wrong) }
}
names_right = most(names_right, 120)
dots_left = names_right
dots_right = names_right + (704 - names_right - 34) / 2.0
dots_title = "Test accuracy"
dots_measure = "test_accuracy_last"
dots_second = "test_accuracy_best"
dots_marks = ""
load folder . "dots.gp"

dots_left = dots_right + 34
dots_right = 704
dots_title = "Train accuracy, given labels"
dots_measure = "train_accuracy_noisy"
dots_second = ""
dots_marks = words(true_shares) == words(groups) ? true_shares : ""
load folder . "dots.gp"
unset multiplot
