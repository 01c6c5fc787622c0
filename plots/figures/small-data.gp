# SPDX-License-Identifier: MIT
# small-data.gp - test accuracy and the gap between train and test accuracy against the number of images.
# gnuplot -d -c small-data.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "small-data"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
setting_axis = "thousands of training images"
setting_scale = "log10"
setting_right = "gap"
setting_title = "Gap: train less test accuracy"
setting_noise = 0
load folder . "setting.gp"
