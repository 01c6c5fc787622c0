# SPDX-License-Identifier: MIT
# ablation-validation.gp - accuracies against the share of images that are kept for validation mini-batches.
# gnuplot -d -c ablation-validation.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "ablation-validation"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "share of images for validation only (%)"
setting_scale = "share"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 0
load folder . "setting.gp"
