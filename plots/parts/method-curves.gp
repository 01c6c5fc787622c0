# SPDX-License-Identifier: MIT
# method-curves.gp - test accuracy, and train accuracy against the given labels, per epoch of three methods (see draw).
#
# In: figure, data, folder; see comparison-curves.gp.
load folder . "figure.gp"
if (words(methods) == 0) {
  print sprintf("%s.gp: %s has no curve of a cell without a condition", figure, curves)
  exit status 1
}

figure_note = "lines are means" . (seeds == 1 ? "" : ", bands one standard deviation to either side") . \
  (true_share > 0 ? "; dotted, the share of true labels" : "")
figure_body = 350
load folder . "heading.gp"
curves_condition = 0
curves_thin = ""
curves_left = 58
curves_right = 293
curves_title = "Test accuracy"
curves_measure = "test_accuracy"
curves_mark = 0
load folder . "curves.gp"

curves_left = 418
curves_right = 653
curves_title = "Train accuracy, given labels"
curves_measure = "train_accuracy_noisy"
curves_mark = true_share
load folder . "curves.gp"
unset multiplot
