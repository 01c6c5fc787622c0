# SPDX-License-Identifier: MIT
# comparison-curves.gp - test accuracy, and train accuracy against the given labels, per epoch of three methods.
# gnuplot -d -c comparison-curves.gp TABLE.tsv CURVES.tsv >FIGURE.svg
figure = "comparison-curves"
table = ARG1
curves = ARG2
folder = ARG0[1:strlen(ARG0) - strlen(figure . ".gp")]
load folder . "method-curves.gp"
