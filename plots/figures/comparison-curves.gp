# SPDX-License-Identifier: MIT
# comparison-curves.gp - test accuracy, and train accuracy against the given labels, per epoch of three methods.
# gnuplot -d -c comparison-curves.gp DATA.gp >FIGURE.svg, where DATA.gp is what draw makes of the tables
figure = "comparison-curves"
data = ARG1
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")] . "../parts/"
load folder . "method-curves.gp"
