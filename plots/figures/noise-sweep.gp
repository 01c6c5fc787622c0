# SPDX-License-Identifier: MIT
# noise-sweep.gp - accuracies against the share of wrong labels.
# gnuplot -d -c noise-sweep.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "noise-sweep"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "wrong labels (%)"
setting_scale = "share"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 1
load folder . "setting.gp"
