# SPDX-License-Identifier: MIT
# ablation-size.gp - accuracies against the size of mini-batches.
# gnuplot -d -c ablation-size.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "ablation-size"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "images in a mini-batch"
setting_scale = "log2"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 0
load folder . "setting.gp"
