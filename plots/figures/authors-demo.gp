# SPDX-License-Identifier: MIT
# authors-demo.gp - test accuracy, and train accuracy against the given labels, per epoch of the authors' configuration.
# gnuplot -d -c authors-demo.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "authors-demo"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "method-curves.gp"
