# SPDX-License-Identifier: MIT
# ablation-mu.gp - accuracies against mu.
# gnuplot -d -c ablation-mu.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "ablation-mu"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "μ"
setting_scale = "even"
setting_right = "train_accuracy_noisy"
setting_title = "Train accuracy, given labels"
setting_noise = 0
load folder . "setting.gp"
