# SPDX-License-Identifier: MIT
# ablation-minibatches.gp - accuracies against the number of mini-batches that are compared.
# gnuplot -d -c ablation-minibatches.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "ablation-minibatches"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "mini-batches in a step"
setting_scale = "log2"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 0
load folder . "setting.gp"
