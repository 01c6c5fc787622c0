# SPDX-License-Identifier: MIT
# ablation-minibatches.gp - accuracies against the number of mini-batches that are compared.
# gnuplot -d -c ablation-minibatches.gp TABLE.tsv CURVES.tsv >FIGURE.svg
figure = "ablation-minibatches"
table = ARG1
curves = ARG2
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")]
setting_axis = "mini-batches in a step"
setting_scale = "log2"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 0
load folder . "setting.gp"
